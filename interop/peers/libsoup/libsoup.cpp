// libsoup as a client and as a server, both on the main context.
#include <matrix.hpp>

#include <libsoup/soup.h>

#include <deque>

static bool compresses() { return std::getenv("INTEROP_DEFLATE") != nullptr; }

static matrix::Message converted(int kind, GBytes *payload) {
    gsize size = 0;
    const auto *data = static_cast<const char *>(g_bytes_get_data(payload, &size));
    return {kind == SOUP_WEBSOCKET_DATA_TEXT, data ? std::string(data, size) : ""};
}

static void send_message(SoupWebsocketConnection *socket, const matrix::Message &message) {
    GBytes *payload = g_bytes_new(message.data.data(), message.data.size());
    const auto kind = message.is_text ? SOUP_WEBSOCKET_DATA_TEXT : SOUP_WEBSOCKET_DATA_BINARY;
    soup_websocket_connection_send_message(socket, kind, payload);
    g_bytes_unref(payload);
}

static void start_closing(SoupWebsocketConnection *socket, std::optional<int> code, const std::string &reason) {
    const char *told = reason.empty() ? nullptr : reason.c_str();
    soup_websocket_connection_close(socket, code.value_or(SOUP_WEBSOCKET_CLOSE_NO_STATUS), told);
}

static void drop_transport(SoupWebsocketConnection *socket) {
    g_io_stream_close(soup_websocket_connection_get_io_stream(socket), nullptr, nullptr);
}

class OnSoup : public matrix::Connection {
public:
    explicit OnSoup(SoupWebsocketConnection *opened) : socket(opened) {
        soup_websocket_connection_set_max_incoming_payload_size(socket, 64 << 20);
        g_signal_connect(socket, "message", G_CALLBACK(on_message), this);
    }

    ~OnSoup() override {
        g_signal_handlers_disconnect_by_data(socket, this);
        g_object_unref(socket);
    }

    void send(const matrix::Message &message) override { send_message(socket, message); }

    matrix::Message receive() override {
        while (arrived.empty() && !is_closed()) g_main_context_iteration(nullptr, true);
        if (arrived.empty()) throw ending();
        const auto message = arrived.front();
        arrived.pop_front();
        return message;
    }

    void close(std::optional<int> code, const std::string &reason) override {
        start_closing(socket, code, reason);
        while (!is_closed()) g_main_context_iteration(nullptr, true);
        if (*ending().code == 1006) throw std::runtime_error("no Close frame came");
    }

    void drop() override { drop_transport(socket); }

    matrix::Message send_after_silence(const matrix::Message &message) override {
        const gint64 end = g_get_monotonic_time() + 3 * G_TIME_SPAN_SECOND;
        const guint ticking = g_timeout_add(100, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr);
        while (g_get_monotonic_time() < end) g_main_context_iteration(nullptr, true);
        g_source_remove(ticking);
        send(message);
        return receive();
    }

    std::string subprotocol() override {
        const char *chosen = soup_websocket_connection_get_protocol(socket);
        return chosen ? chosen : "";
    }

private:
    SoupWebsocketConnection *socket;
    std::deque<matrix::Message> arrived;

    static void on_message(SoupWebsocketConnection *, int kind, GBytes *payload, gpointer self) {
        static_cast<OnSoup *>(self)->arrived.push_back(converted(kind, payload));
    }

    bool is_closed() const { return soup_websocket_connection_get_state(socket) == SOUP_WEBSOCKET_STATE_CLOSED; }

    matrix::Closed ending() const {
        const int code = soup_websocket_connection_get_close_code(socket);
        const char *reason = soup_websocket_connection_get_close_data(socket);
        return {code ? code : 1006, reason ? reason : ""};
    }
};

static SoupSession *new_session() {
    SoupSession *session = soup_session_new();
    if (compresses()) soup_session_add_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
    else soup_session_remove_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
    if (const char *authority = std::getenv("INTEROP_CA"))
        soup_session_set_tls_database(session, g_tls_file_database_new(authority, nullptr));
    return session;
}

struct Opening {
    SoupWebsocketConnection *socket = nullptr;
    GError *error = nullptr;

    static void on_done(GObject *session, GAsyncResult *result, gpointer self) {
        auto *opening = static_cast<Opening *>(self);
        opening->socket = soup_session_websocket_connect_finish(SOUP_SESSION(session), result, &opening->error);
    }
};

static std::vector<char *> names_in(char **list) {
    std::vector<char *> names;
    for (; *list; list++) names.push_back(g_strstrip(*list));
    names.push_back(nullptr);
    return names;
}

static std::unique_ptr<matrix::Connection> open(SoupSession *session, const std::string &url, const std::string &subprotocols) {
    SoupMessage *request = soup_message_new("GET", url.c_str());
    g_auto(GStrv) split = g_strsplit(subprotocols.c_str(), ",", 0);
    auto names = names_in(split);
    Opening opening;
    soup_session_websocket_connect_async(
        session, request, nullptr, subprotocols.empty() ? nullptr : names.data(), G_PRIORITY_DEFAULT, nullptr,
        Opening::on_done, &opening);
    while (!opening.socket && !opening.error) g_main_context_iteration(nullptr, true);
    if (opening.socket) return std::make_unique<OnSoup>(opening.socket);
    if (soup_message_get_status(request) == SOUP_STATUS_UNAUTHORIZED) throw matrix::Refused{401, std::nullopt};
    throw std::runtime_error(opening.error->message);
}

static int client(const std::string &url, const std::vector<std::string> &cells) {
    SoupSession *session = new_session();
    matrix::client([&](auto &path, auto &subprotocols) { return open(session, url + path, subprotocols); }, cells);
    return 0;
}

static void close_as(SoupWebsocketConnection *socket, const std::string &command) {
    const auto reason = command.find(' ', 7);
    const auto code = command.size() > 7 ? std::optional(std::stoi(command.substr(7))) : std::nullopt;
    start_closing(socket, code, reason == std::string::npos ? "" : command.substr(reason + 1));
}

static void on_message(SoupWebsocketConnection *socket, int kind, GBytes *payload, gpointer) {
    const auto message = converted(kind, payload);
    const bool is_command = message.is_text && message.data.rfind('!', 0) == 0;
    if (!is_command) send_message(socket, message);
    else if (message.data.rfind("!close", 0) == 0) close_as(socket, message.data);
    else if (message.data == "!drop") drop_transport(socket);
    else send_message(socket, {true, "absent"});
}

static void on_opened(SoupServer *, SoupServerMessage *, const char *, SoupWebsocketConnection *socket, gpointer) {
    soup_websocket_connection_set_max_incoming_payload_size(socket, 64 << 20);
    g_signal_connect(g_object_ref(socket), "message", G_CALLBACK(on_message), nullptr);
    g_signal_connect(socket, "closed", G_CALLBACK(g_object_unref), nullptr);
}

static void refuse(SoupServer *, SoupServerMessage *request, const char *, GHashTable *, gpointer) {
    soup_server_message_set_status(request, SOUP_STATUS_UNAUTHORIZED, nullptr);
    soup_server_message_set_response(
        request, "text/plain", SOUP_MEMORY_STATIC, matrix::refusal.data(), matrix::refusal.size());
}

static bool secure(SoupServer *server) {
    const char *chain = std::getenv("INTEROP_CERTIFICATE"), *key = std::getenv("INTEROP_KEY");
    if (key) soup_server_set_tls_certificate(server, g_tls_certificate_new_from_files(chain, key, nullptr));
    return key;
}

static int server() {
    SoupServer *server = soup_server_new(nullptr, nullptr);
    const bool is_secured = secure(server);
    if (!compresses()) soup_server_remove_websocket_extension(server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    char chat[] = "chat", *names[] = {chat, nullptr};
    soup_server_add_early_handler(server, "/refusal", refuse, nullptr, nullptr);
    soup_server_add_websocket_handler(server, "/", nullptr, names, on_opened, nullptr, nullptr);
    const int options = SOUP_SERVER_LISTEN_IPV4_ONLY | (is_secured ? SOUP_SERVER_LISTEN_HTTPS : 0);
    GError *error = nullptr;
    if (!soup_server_listen_local(server, 0, static_cast<SoupServerListenOptions>(options), &error))
        return std::cerr << error->message << std::endl, 1;
    auto *address = static_cast<GUri *>(soup_server_get_uris(server)->data);
    std::cout << "listening on " << (is_secured ? "wss" : "ws") << "://127.0.0.1:" << g_uri_get_port(address) << std::endl;
    g_main_loop_run(g_main_loop_new(nullptr, false));
    return 0;
}

int main(int count, char **words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    if (arguments.at(0) == "server") return server();
    return client(arguments.at(1), {arguments.begin() + 2, arguments.end()});
}
