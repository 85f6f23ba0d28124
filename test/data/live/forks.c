/*
 * A server that forks a child for each connection, and its own client: `forks N` serves N requests and ends. Everything
 * is done in turn, so that two runs make the same calls.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(int connection)
{
	char request[64];

	if (read(connection, request, sizeof(request)) > 0)
		write(connection, "meow\n", 5);
	shutdown(connection, SHUT_WR);
	_exit(0);
}

static void ask(const struct sockaddr_in *address)
{
	char answer[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		exit(1);
	write(fd, "cat?\n", 5);
	while (read(fd, answer, 1) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 5) != 0)
		return 1;
	getsockname(listener, (struct sockaddr *)&address, &length);
	if (fork() == 0) {
		close(listener);
		for (int i = 0; i < n; i++)
			ask(&address);
		_exit(0);
	}
	for (int i = 0; i < n; i++) {
		int connection = accept(listener, NULL, NULL);

		if (fork() == 0) {
			close(listener);
			serve(connection);
		}
		close(connection);
		wait(NULL);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
