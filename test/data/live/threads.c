/* Four threads make calls; the last of them executes /bin/true. */
#include <pthread.h>
#include <unistd.h>

static void *work(void *last)
{
	char *argv[] = { "true", NULL };

	for (int i = 0; i < 10; i++)
		getppid();
	if (last) {
		usleep(100000);
		execv("/bin/true", argv);
	}
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, work, i == 3 ? &thread : NULL);
	pause();
	return 1;
}
