/* Looks a name up and calls it over a new connection, again and again until it is told to stop, and says what it met:
 * what a program does whose C library resolves names. Arguments: name, port. */
#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Only looked at between two calls: a signal that is handled would end the one that it meets. */
static int is_over(void) {
  sigset_t waiting;
  return sigpending(&waiting) == 0 && sigismember(&waiting, SIGTERM);
}

/* The first failure is the one that is said. */
static char why[256];

static int call(const struct addrinfo *to) {
  static const char question[] = "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n";
  char answer[4096];
  size_t size = 0;
  ssize_t got = 1;
  struct timeval patience = {10, 0};
  int s = socket(to->ai_family, SOCK_STREAM, 0);
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int good = connect(s, to->ai_addr, to->ai_addrlen) == 0 && write(s, question, sizeof question - 1) > 0;
  while (good && size < sizeof answer - 1 && (got = read(s, answer + size, sizeof answer - 1 - size)) > 0) size += (size_t)got;
  close(s);
  answer[size] = 0;
  good = good && strncmp(answer, "HTTP/1.1 200", 12) == 0 && strstr(answer, "\"version\"") != NULL;
  if (!good && *why == 0) snprintf(why, sizeof why, "called, %zu bytes came", size);
  return good;
}

int main(int count, char **words) {
  char seen[16][INET_ADDRSTRLEN];
  int known = 0;
  long ok = 0, lost = 0;
  if (count < 3) return 2;
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGTERM);
  sigprocmask(SIG_BLOCK, &held, NULL);
  while (!is_over()) {
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int failed = getaddrinfo(words[1], words[2], &wanted, &found);
    if (failed && *why == 0) snprintf(why, sizeof why, "%s", gai_strerror(failed));
    for (struct addrinfo *a = found; a != NULL; a = a->ai_next) {
      char text[INET_ADDRSTRLEN] = "not IPv4";
      int i = 0;
      if (a->ai_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)a->ai_addr)->sin_addr, text, sizeof text);
      while (i < known && strcmp(seen[i], text) != 0) i++;
      if (i == known && known < 16) strcpy(seen[known++], text);
    }
    if (!failed && call(found)) ok++;
    else lost++;
    if (found != NULL) freeaddrinfo(found);
    usleep(10000);
  }
  printf("{\"ok\":%ld,\"lost\":%ld,\"why\":\"%s\",\"addresses\":[", ok, lost, why);
  for (int i = 0; i < known; i++) printf("%s\"%s\"", i == 0 ? "" : ",", seen[i]);
  printf("]}\n");
  return 0;
}
