/*
 * Serves a random picture of the folder "images" in the working directory, one forked child for each
 * connection, as small servers have done it for ages. It knows nothing of seccomp.
 *
 *     randomcat [port]      prints the port that it listens on
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void put(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);

		if (done <= 0)
			exit(1);
		data += done;
		length -= (size_t)done;
	}
}

static void refuse(int fd, const char *status)
{
	char answer[128];
	int length = snprintf(answer, sizeof(answer), "HTTP/1.0 %s\r\nContent-Length: 0\r\n\r\n", status);

	put(fd, answer, (size_t)length);
}

/* Reads up to the blank line, one byte at a time; 0 when there is none. */
static int read_request(int fd, char *line, size_t size)
{
	char last[4] = { 0 };
	size_t n;

	for (n = 0; n + 1 < size; n++) {
		if (read(fd, line + n, 1) != 1)
			return 0;
		line[n + 1] = 0;
		memmove(last, last + 1, 3);
		last[3] = line[n];
		if (memcmp(last, "\r\n\r\n", 4) == 0)
			return 1;
	}
	return 0;
}

static int has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

/* Picks a picture: each of the n seen so far stays with chance 1/n. */
static int pick(DIR *folder, char *name, size_t size)
{
	struct dirent *entry;
	int seen = 0;

	while ((entry = readdir(folder)) != NULL)
		if (has_suffix(entry->d_name, ".png") && rand() % ++seen == 0)
			snprintf(name, size, "%s", entry->d_name);
	return seen;
}

static void send_cat(int fd)
{
	char name[256], block[4096];
	struct stat status;
	DIR *folder = opendir("images");
	ssize_t length;
	int file;

	printf("Random cat\n");
	fflush(stdout);
	if (folder == NULL || !pick(folder, name, sizeof(name))) {
		refuse(fd, "500 Internal Server Error");
		return;
	}
	file = openat(dirfd(folder), name, O_RDONLY);
	closedir(folder);
	if (file < 0 || fstat(file, &status) < 0) {
		refuse(fd, "500 Internal Server Error");
		return;
	}
	length = snprintf(block, sizeof(block),
			  "HTTP/1.0 200 OK\r\nContent-Type: image/png\r\nContent-Length: %lld\r\n\r\n",
			  (long long)status.st_size);
	put(fd, block, (size_t)length);
	while ((length = read(file, block, sizeof(block))) > 0)
		put(fd, block, (size_t)length);
	close(file);
}

static _Noreturn void serve(int fd)
{
	char request[8192];

	srand((unsigned)time(NULL) ^ ((unsigned)getpid() << 8));
	if (!read_request(fd, request, sizeof(request)))
		refuse(fd, "400 Bad Request");
	else if (strncmp(request, "GET /randomcat HTTP/1.", 22) == 0)
		send_cat(fd);
	else
		refuse(fd, "404 Not Found");
	shutdown(fd, SHUT_WR);
	close(fd);
	exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons(argc > 1 ? (uint16_t)atoi(argv[1]) : 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGCHLD, SIG_IGN);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 16) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
		perror("randomcat");
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		switch (fork()) {
		case 0:
			close(listener);
			serve(fd);
		default:
			close(fd);
		}
	}
}
