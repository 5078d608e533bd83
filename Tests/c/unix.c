/*
 * unix.c - Unix sockets: whose they are, who may connect, and what is removed.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static bool make_folder(void) {
  strcpy(folder, "/tmp/covey-test-XXXXXX");
  if (!CHECK(mkdtemp(folder) != NULL))
    return false;
  (void)snprintf(path, sizeof path, "%s/socket", folder);
  return true;
}

static void remove_folder(void) {
  (void)unlink(path);
  CHECK_IS(rmdir(folder), 0);
}

static covey_listen_options at_path(void) {
  covey_listen_options options = COVEY_LISTEN_OPTIONS_INIT;
  options.path = path;
  return options;
}

static bool open_at(host *h, const covey_listen_options *options) {
  host_prepare(h);
  return host_make(h, NULL, NULL) && host_listen_with(h, options);
}

static bool echoes(host *h) {
  client c = client_make(host_turn, h);
  c.identity = NULL;
  bool is_good = client_connect_path(&c, path) &&
                 client_upgrade(&c, "/ws/lobby/", NULL) == 101 &&
                 client_send_text(&c, "hello") &&
                 client_receives_text(&c, "hello");
  client_drop(&c, false);
  return is_good;
}

static covey_status refused(host *h, const covey_listen_options *options,
                            const char *words) {
  covey_error error = COVEY_ERROR_INIT;
  uint16_t port = 7;
  covey_status status = covey_server_listen(h->server, options, &port, &error);
  if (!CHECK(strstr(error.message, words) != NULL))
    printf("it says: %s\n", error.message);
  CHECK_IS(port, 7);
  return status;
}

static mode_t mode_of(const char *file) {
  struct stat found;
  return CHECK(lstat(file, &found) == 0) ? found.st_mode : 0;
}

static void see_no_address(host *self, covey_consumer_id consumer) {
  const char *text = NULL;
  CHECK_IS(covey_consumer_get_peer(self->server, consumer, &text, NULL),
           COVEY_OK);
  CHECK_TEXT(text, "");
  CHECK_IS(covey_consumer_get_scheme(self->server, consumer, &text, NULL),
           COVEY_OK);
  CHECK_TEXT(text, "http");
  CHECK_IS(covey_consumer_get_certificate(self->server, consumer, NULL, NULL),
           COVEY_E_NOT_FOUND);
  CHECK_IS(covey_consumer_accept(self->server, consumer, NULL), COVEY_OK);
}

static void clients_connect_to_a_path(void) {
  host h;
  covey_server_options limited = COVEY_SERVER_OPTIONS_INIT;
  covey_listen_options where = at_path();
  limited.connections_per_address_max = 1; /* there is no address to count */
  where.path = path;
  if (!make_folder())
    return;
  host_prepare(&h);
  h.on_connect = see_no_address;
  if (!host_make(&h, &limited, NULL) || !host_listen_with(&h, &where))
    return;
  CHECK_IS(h.port, 0);
  CHECK_IS(mode_of(path), S_IFSOCK | 0600);
  client c = client_make(host_turn, &h);
  c.identity = NULL;
  CHECK(client_connect_path(&c, path));
  CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101);
  CHECK(echoes(&h) && echoes(&h));
  client_drop(&c, false);
  host_close(&h);
  CHECK_IS(access(path, F_OK), -1);
  remove_folder();
}

static void modes_are_what_they_are_whatever_the_umask(void) {
  static const unsigned modes[] = {0600, 0660, 0666, 0777, 0400};
  covey_listen_options where = at_path();
  if (!make_folder())
    return;
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    host h;
    mode_t before = umask(i % 2 == 0 ? 0077 : 0);
    where.path = path;
    where.mode = modes[i];
    CHECK(open_at(&h, &where));
    (void)umask(before);
    CHECK_IS(mode_of(path), S_IFSOCK | modes[i]);
    host_close(&h);
  }
  remove_folder();
}

static void an_owner_is_a_name_or_a_number(void) {
  char owner[128];
  const struct group *group = getgrgid(getgid());
  host h;
  covey_listen_options where = at_path();
  if (!make_folder() || !CHECK(group != NULL) || !open_at(&h, NULL))
    return;
  const char *const good[] = {"%s", "%u:%g", ":%g", ":%n", "%u"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    host other;
    char *end = owner;
    for (const char *at = good[i]; *at != '\0'; at++) {
      size_t room = sizeof owner - (size_t)(end - owner);
      if (*at != '%') {
        *end++ = *at;
        continue;
      }
      at++;
      if (*at == 's')
        end += snprintf(end, room, "%s", getuid() == 0 ? "root" : "0");
      else if (*at == 'n')
        end += snprintf(end, room, "%s", group->gr_name);
      else
        end += snprintf(end, room, "%u",
                        (unsigned)(*at == 'u' ? getuid() : getgid()));
    }
    *end = '\0';
    check_note(owner);
    where.path = path;
    where.owner = owner;
    if (getuid() == 0 || i > 0)
      CHECK(open_at(&other, &where) && echoes(&other));
    host_close(&other);
  }
  if (getuid() == 0) {
    host other;
    struct stat found;
    where.owner = "65534:12345";
    CHECK(open_at(&other, &where));
    CHECK(stat(path, &found) == 0 && found.st_uid == 65534 &&
          found.st_gid == 12345);
    host_close(&other);
  }
  check_note(NULL);
  where.owner = "nobody-of-this-name";
  CHECK_IS(refused(&h, &where, "user \"nobody-of-this-name\": no such user"),
           COVEY_E_SYSTEM);
  where.owner = "0:nobodies";
  CHECK_IS(refused(&h, &where, "group \"nobodies\": no such group"),
           COVEY_E_SYSTEM);
  static const char *const bad[] = {"", ":", "root:"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    where.owner = bad[i];
    CHECK_IS(refused(&h, &where, "is none of user, user:group and :group"),
             COVEY_E_INVALID);
  }
  where.owner = "4294967295"; /* stands for nobody */
  CHECK_IS(refused(&h, &where, "no such user"), COVEY_E_SYSTEM);
  CHECK_IS(access(path, F_OK), -1);
  host_close(&h);
  remove_folder();
}

static void a_path_has_at_most_107_bytes(void) {
  host h;
  char longest[120];
  covey_listen_options where = at_path();
  if (!make_folder() || !open_at(&h, NULL))
    return;
  memset(longest, 'x', sizeof longest);
  memcpy(longest, folder, strlen(folder));
  longest[strlen(folder)] = '/';
  longest[108] = '\0';
  where.path = longest;
  CHECK_IS(refused(&h, &where, "path is 108 bytes, limits 1 to 107"),
           COVEY_E_INVALID);
  where.path = "";
  CHECK_IS(refused(&h, &where, "path is 0 bytes"), COVEY_E_INVALID);
  longest[107] = '\0';
  where.path = longest;
  strcpy(path, longest);
  CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL), COVEY_OK);
  strcpy(path, longest);
  host_close(&h);
  remove_folder();
}

static void options_of_other_places_are_refused(void) {
  host h;
  if (!make_folder() || !open_at(&h, NULL))
    return;
  for (int i = 0; i < 7; i++) {
    covey_listen_options where = at_path();
    if (i == 0)
      where.port = 1;
    if (i == 1)
      where.address = "127.0.0.1";
    if (i == 2)
      where.descriptor = 1;
    if (i == 3)
      where.flags = COVEY_LISTEN_REUSE_PORT;
    if (i == 4)
      where.mode = 01000;
    if (i == 5)
      where.path = NULL, where.owner = "root";
    if (i == 6)
      where.path = NULL, where.mode = 0600;
    CHECK_IS(refused(&h, &where, ""), COVEY_E_INVALID);
  }
  host_close(&h);
  remove_folder();
}

/* A socket that is bound, and perhaps listens; by nobody's server. */
static int socket_at(const char *place, bool is_listening) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, place);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  if (is_listening)
    CHECK(listen(fd, 0) == 0);
  return fd;
}

static void who_is_dead_is_replaced_and_who_is_alive_is_not(void) {
  host h, other;
  covey_listen_options where = at_path();
  if (!make_folder() || !open_at(&h, NULL))
    return;
  close(socket_at(path, true)); /* its server died */
  CHECK_IS(covey_server_listen(h.server, &where, NULL, NULL), COVEY_OK);
  CHECK(echoes(&h));
  if (!open_at(&other, NULL))
    return;
  CHECK_IS(refused(&other, &where, "address already in use"), COVEY_E_SYSTEM);
  host_close(&other);
  CHECK(echoes(&h)); /* what was refused removed nothing */
  host_close(&h);

  /* Alive, but too busy to answer. */
  int busy = socket_at(path, true);
  int waiting[3];
  for (int i = 0; i < 3; i++) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);
    waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(waiting[i], (struct sockaddr *)&address, sizeof address);
  }
  if (!open_at(&h, NULL))
    return;
  CHECK_IS(refused(&h, &where, "address already in use"), COVEY_E_SYSTEM);
  CHECK_IS(mode_of(path) & S_IFMT, S_IFSOCK);
  for (int i = 0; i < 3; i++)
    close(waiting[i]);
  close(busy);
  host_close(&h);
  remove_folder();
}

static void what_is_no_socket_stays(void) {
  host h;
  covey_listen_options where = at_path();
  if (!make_folder() || !open_at(&h, NULL))
    return;
  int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(file >= 0 && write(file, "precious", 8) == 8);
  close(file);
  CHECK_IS(refused(&h, &where, "it is there, and no socket"), COVEY_E_SYSTEM);
  CHECK_IS(mode_of(path) & S_IFMT, S_IFREG);
  CHECK_IS(unlink(path), 0);
  CHECK_IS(symlink("/dev/null", path), 0);
  CHECK_IS(refused(&h, &where, "it is there, and no socket"), COVEY_E_SYSTEM);
  CHECK_IS(unlink(path), 0);
  where.path = "/nowhere/socket";
  CHECK_IS(refused(&h, &where, "no such file or directory"), COVEY_E_SYSTEM);
  host_close(&h);
  remove_folder();
}

static void what_is_another_ones_meanwhile_is_not_removed(void) {
  host h;
  covey_listen_options where = at_path();
  if (!make_folder() || !open_at(&h, &where))
    return;
  CHECK_IS(unlink(path), 0);
  int other = socket_at(path, true);
  host_close(&h);
  CHECK_IS(mode_of(path) & S_IFMT, S_IFSOCK);
  close(other);
  remove_folder();
}

/* --------------------------------------------------------- many at once -- */

/* What a server leaves that died, unless somebody is there. */
static void leave_dead(void) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)bind(fd, (struct sockaddr *)&address, sizeof address);
  close(fd);
}

enum { RIVALS = 8, ROUNDS = 25 };

/* A process that makes a server, waits at the gate, listens, says whether it
 * does, and serves as long as `end` is open. */
static void rival(int gate, int verdict, int end) {
  covey_listen_options where = at_path();
  struct pollfd watched = {end, POLLIN, 0};
  char said = '?';
  host h;
  host_prepare(&h);
  if (!host_make(&h, NULL, NULL))
    _exit(1);
  (void)write(verdict, "r", 1);
  (void)read(gate, &said, 1); /* until it is closed */
  covey_status status = covey_server_listen(h.server, &where, NULL, NULL);
  said = status == COVEY_OK ? 'y' : status == COVEY_E_SYSTEM ? 'n' : '!';
  (void)write(verdict, &said, 1);
  while (poll(&watched, 1, 0) == 0)
    host_turn(&h);
  host_close(&h);
  _exit(0);
}

static bool reads(int from, char *said) {
  struct pollfd watched = {from, POLLIN, 0};
  return CHECK(poll(&watched, 1, check_ms(20000)) == 1) &&
         CHECK_IS(read(from, said, 1), 1);
}

/* Starts many on one path, of whom one listens and answers; ends them, or kills
 * them, so that the next ones find a dead socket. */
static bool one_of_many_listens(bool is_killed) {
  int gate[2], verdict[2], end[2], winners = 0;
  pid_t ids[RIVALS];
  char said;
  if (!CHECK(pipe(gate) == 0 && pipe(verdict) == 0 && pipe(end) == 0))
    return false;
  for (int i = 0; i < RIVALS; i++) {
    ids[i] = fork();
    if (ids[i] == 0) {
      close(gate[1]), close(end[1]);
      rival(gate[0], verdict[1], end[0]);
    }
  }
  bool is_good = true;
  for (int i = 0; i < RIVALS && is_good; i++)
    is_good = reads(verdict[0], &said) && CHECK_IS(said, 'r');
  close(gate[1]);
  for (int i = 0; i < RIVALS && is_good; i++) {
    is_good = reads(verdict[0], &said) && CHECK(said == 'y' || said == 'n');
    winners += said == 'y';
  }
  is_good = CHECK_IS(winners, 1) && is_good;
  for (int i = 0; i < 3; i++) {
    client c = client_make(NULL, NULL);
    c.identity = NULL;
    is_good = CHECK(client_connect_path(&c, path)) &&
              CHECK_IS(client_upgrade(&c, "/ws/lobby/", NULL), 101) && is_good;
    client_drop(&c, false);
  }
  for (int i = 0; i < RIVALS && is_killed; i++)
    (void)kill(ids[i], SIGKILL);
  close(end[1]);
  for (int i = 0; i < RIVALS; i++) {
    int status = 0;
    (void)waitpid(ids[i], &status, 0);
    is_good = (is_killed || CHECK_IS(status, 0)) && is_good;
  }
  close(gate[0]), close(verdict[0]), close(verdict[1]), close(end[0]);
  return CHECK_IS(access(path, F_OK), is_killed ? 0 : -1) && is_good;
}

static void of_many_that_come_at_once_one_listens(void) {
  if (!make_folder())
    return;
  for (int round = 0; round < ROUNDS; round++)
    if (!one_of_many_listens(round % 3 != 2))
      break;
  remove_folder(); /* nothing else is in it */
}

/* Makes servers one after the other; whoever got the path must have it as long
 * as it lives. Leaves a dead socket there now and then. Answers how often it
 * had it, or -1. */
static int contends(void) {
  int times = 0;
  for (int i = 0; i < 40; i++) {
    covey_listen_options where = at_path();
    host h;
    host_prepare(&h);
    if (!host_make(&h, NULL, NULL))
      return -1;
    covey_status status = covey_server_listen(h.server, &where, NULL, NULL);
    if (status == COVEY_OK) {
      bool is_mine = echoes(&h) && atomic_load(&h.messages) == 1;
      times++;
      if (!is_mine)
        return -1;
    }
    host_close(&h);
    if (i % 4 == 3)
      leave_dead();
  }
  return times;
}

static void who_has_a_path_keeps_it_whoever_else_comes(void) {
  pid_t ids[RIVALS];
  int total = 0;
  if (!make_folder())
    return;
  for (int i = 0; i < RIVALS; i++) {
    ids[i] = fork();
    if (ids[i] == 0) {
      int times = contends();
      _exit(times < 0 ? 255 : times);
    }
  }
  for (int i = 0; i < RIVALS; i++) {
    int status = 0;
    (void)waitpid(ids[i], &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 40);
    total += WEXITSTATUS(status);
  }
  CHECK(total > 0);
  remove_folder();
}

static void a_folder_that_somebody_keeps_locked_is_no_obstacle(void) {
  host h;
  covey_listen_options where = at_path();
  if (!make_folder())
    return;
  int locked = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK_IS(flock(locked, LOCK_EX), 0);
  close(socket_at(path, true));
  CHECK(open_at(&h, &where));
  CHECK(echoes(&h));
  host_close(&h);
  close(locked);
  remove_folder();
}

/* Paths without a folder's name. */
static void a_path_may_be_relative(void) {
  host h;
  covey_listen_options where = at_path();
  if (!make_folder() || !CHECK_IS(chdir(folder), 0))
    return;
  strcpy(path, "socket");
  CHECK(open_at(&h, &where));
  CHECK_IS(mode_of("socket"), S_IFSOCK | 0600);
  CHECK(echoes(&h));
  host_close(&h);
  CHECK_IS(access("socket", F_OK), -1);
  CHECK_IS(chdir("/"), 0);
  remove_folder();
}

int main(int argc, char **argv) {
  static const check_test tests[] = {
      TEST(clients_connect_to_a_path),
      TEST(modes_are_what_they_are_whatever_the_umask),
      TEST(an_owner_is_a_name_or_a_number),
      TEST(a_path_has_at_most_107_bytes),
      TEST(options_of_other_places_are_refused),
      TEST(who_is_dead_is_replaced_and_who_is_alive_is_not),
      TEST(what_is_no_socket_stays),
      TEST(what_is_another_ones_meanwhile_is_not_removed),
      TEST(of_many_that_come_at_once_one_listens),
      TEST(who_has_a_path_keeps_it_whoever_else_comes),
      TEST(a_folder_that_somebody_keeps_locked_is_no_obstacle),
      TEST(a_path_may_be_relative),
  };
  return CHECK_MAIN(argc, argv, tests);
}
