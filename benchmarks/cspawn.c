/* The bound: how often C alone can run one program, doing what a kubelet does.
 *
 *   cspawn SECONDS REQUEST-FILE PROGRAM [ARG...]
 *
 * Three pipes, posix_spawn in a session of its own, the request to stdin, stdout
 * and stderr to their ends, the exit status. Prints the runs and the seconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(2);
}

static char buffer[1 << 18];

static void run(char **argv, const char *request, size_t size) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) die("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid;
  errno = posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ);
  if (errno) die(argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(in[0]);
  close(out[1]);
  close(err[1]);
  for (size_t done = 0; done < size;) {
    ssize_t n = write(in[1], request + done, size - done);
    if (n < 0) break; /* it does not read: EPIPE */
    done += (size_t)n;
  }
  close(in[1]);
  struct pollfd fds[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  for (int open = 2; open > 0;) {
    if (poll(fds, 2, 60000) <= 0) die("poll");
    for (int i = 0; i < 2; i++) {
      if (fds[i].fd < 0 || !fds[i].revents) continue;
      if (read(fds[i].fd, buffer, sizeof buffer) <= 0) {
        close(fds[i].fd);
        fds[i].fd = -1;
        open--;
      }
    }
  }
  int status;
  waitpid(pid, &status, 0);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  signal(SIGPIPE, SIG_IGN);
  FILE *file = fopen(argv[2], "rb");
  if (!file) die(argv[2]);
  static char request[1 << 16];
  size_t size = fread(request, 1, sizeof request, file);
  fclose(file);
  double seconds = atof(argv[1]), start = now(), end = start;
  long runs = 0;
  while (end - start < seconds) {
    run(argv + 3, request, size);
    runs++;
    end = now();
  }
  printf("%ld %.6f\n", runs, end - start);
  return 0;
}
