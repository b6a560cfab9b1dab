/* Echoes by uWebSockets on one thread: uws PORT. It is the one that the Python package socketify brings, on
 * libuv, whose C interface is declared here as far as it is used. */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct {
    const char *key, *certificate, *passphrase, *dh_parameters, *authorities, *ciphers;
    int prefer_low_memory;
} tls_options;

typedef struct {
    int port;
    const char *host;
    int options;
} place;

typedef struct {
    int compression;
    unsigned int max_payload;
    unsigned short idle_timeout; /* in seconds */
    unsigned int max_waiting;
    bool close_when_full, sending_is_life, sends_pings;
    unsigned short max_lifetime;
    void *upgrade, *open;
    void (*message)(void *socket, const char *bytes, size_t len, int opcode, void *user);
    void *drain, *ping, *pong, *close, *subscription;
} behaviour;

void *uws_create_app(int tls, tls_options options);
void uws_ws(int tls, void *app, const char *pattern, behaviour how, void *user);
void uws_app_listen_with_config(int tls, void *app, place where,
                                void (*done)(void *listener, place where, void *user), void *user);
void uws_app_run(int tls, void *app);
int uws_ws_send(int tls, void *socket, const char *bytes, size_t len, int opcode);

static void answer(void *socket, const char *bytes, size_t len, int opcode, void *user) {
    (void)user;
    uws_ws_send(0, socket, bytes, len, opcode);
}

static void listening(void *listener, place where, void *user) {
    (void)where, (void)user;
    if (listener == NULL) exit(1);
}

int main(int count, char **arguments) {
    void *app = uws_create_app(0, (tls_options){0});
    behaviour how = {.max_payload = 64 << 20, .idle_timeout = 120, .max_waiting = 64 << 20};
    how.sends_pings = true;
    how.message = answer;
    uws_ws(0, app, "/*", how, NULL);
    place where = {.port = count > 1 ? atoi(arguments[1]) : 9001, .host = "127.0.0.1"};
    uws_app_listen_with_config(0, app, where, listening, NULL);
    uws_app_run(0, app);
    return 1;
}
