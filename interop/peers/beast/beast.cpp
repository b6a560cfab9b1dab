// Boost.Beast as a client and as a server, on blocking calls.
#include <matrix.hpp>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/version.hpp>

#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using Secured = beast::ssl_stream<tcp::socket>;

static websocket::permessage_deflate deflate() {
    websocket::permessage_deflate options;
    options.client_enable = options.server_enable = std::getenv("INTEROP_DEFLATE") != nullptr;
    if (const int bits = matrix::deflate_parameter("server_max_window_bits")) options.server_max_window_bits = bits;
    if (const int bits = matrix::deflate_parameter("client_max_window_bits")) options.client_max_window_bits = bits;
    options.server_no_context_takeover = matrix::deflate_parameter("server_no_context_takeover");
    options.client_no_context_takeover = matrix::deflate_parameter("client_no_context_takeover");
    return options;
}

template <class Stream>
class OnBeast : public matrix::Connection {
public:
    std::unique_ptr<asio::io_context> context;
    websocket::stream<Stream> socket;
    std::string chosen;

    template <class... Arguments>
    explicit OnBeast(std::unique_ptr<asio::io_context> its_context, Arguments &&...arguments)
        : context(std::move(its_context)), socket(std::forward<Arguments>(arguments)...) {
        socket.set_option(deflate());
        socket.read_message_max(64 << 20);
    }

    void send(const matrix::Message &message) override {
        socket.text(message.is_text);
        socket.write(asio::buffer(message.data));
    }

    matrix::Message receive() override {
        beast::flat_buffer buffer;
        beast::error_code error;
        socket.read(buffer, error);
        return received(buffer, error);
    }

    void close(std::optional<int> code, const std::string &reason) override {
        if (!code) return socket.close(websocket::close_reason());
        socket.close({static_cast<websocket::close_code>(*code), reason});
    }

    // With compression, it is Beast that decides when there is enough for a frame.
    void send_fragments(const std::vector<std::string> &fragments) override {
        if (deflate().client_enable) throw matrix::Absent{};
        socket.text(true);
        for (std::size_t at = 0; at < fragments.size(); at++) {
            const bool is_last = at + 1 == fragments.size();
            socket.write_some(is_last, asio::buffer(fragments[at]));
            if (!is_last) socket.ping("in between");
        }
    }

    void drop() override { beast::get_lowest_layer(socket).close(); }

    matrix::Message send_after_silence(const matrix::Message &message) override {
        beast::flat_buffer buffer;
        beast::error_code error;
        socket.async_read(buffer, [&](beast::error_code how, std::size_t) { error = how; });
        context->run_for(std::chrono::seconds(3));
        socket.text(message.is_text);
        socket.async_write(asio::buffer(message.data), [](beast::error_code, std::size_t) {});
        context->run();
        return received(buffer, error);
    }

    std::string subprotocol() override { return chosen; }

private:
    matrix::Message received(const beast::flat_buffer &buffer, const beast::error_code &error) {
        if (error == websocket::error::closed) throw closed();
        if (is_end(error)) throw matrix::Closed{1006, ""};
        if (error) throw beast::system_error(error);
        return {socket.got_text(), beast::buffers_to_string(buffer.data())};
    }

    matrix::Closed closed() const {
        const auto &reason = socket.reason();
        return {reason.code ? reason.code : 1005, std::string(reason.reason.data(), reason.reason.size())};
    }

    static bool is_end(const beast::error_code &error) {
        return error == asio::error::eof || error == asio::error::connection_reset || error == ssl::error::stream_truncated;
    }
};

static void secure(OnBeast<tcp::socket> &, ssl::stream_base::handshake_type) {}
static void secure(OnBeast<Secured> &connection, ssl::stream_base::handshake_type side) {
    connection.socket.next_layer().handshake(side);
}

struct Address {
    std::string host, port;

    explicit Address(const std::string &url) {
        const auto host_at = url.find("://") + 3, colon = url.find(':', host_at);
        host = url.substr(host_at, colon - host_at);
        port = url.substr(colon + 1);
    }
};

template <class Stream, class... Tls>
static std::unique_ptr<matrix::Connection> open(
    const Address &address, const std::string &path, const std::string &subprotocols, Tls &...tls) {
    auto context = std::make_unique<asio::io_context>();
    auto &its_context = *context;
    auto connection = std::make_unique<OnBeast<Stream>>(std::move(context), its_context, tls...);
    auto &socket = connection->socket;
    asio::connect(beast::get_lowest_layer(socket), tcp::resolver(its_context).resolve(address.host, address.port));
    beast::get_lowest_layer(socket).set_option(tcp::no_delay(true));
    secure(*connection, ssl::stream_base::client);
    socket.set_option(websocket::stream_base::decorator([&](websocket::request_type &request) {
        if (!subprotocols.empty()) request.set(http::field::sec_websocket_protocol, subprotocols);
    }));
    websocket::response_type response;
    beast::error_code error;
    socket.handshake(response, address.host + ":" + address.port, path, error);
    if (error == websocket::error::upgrade_declined) throw matrix::Refused{};
    if (error) throw beast::system_error(error);
    connection->chosen = std::string(response[http::field::sec_websocket_protocol]);
    return connection;
}

static int client(const std::string &url, const std::vector<std::string> &cells) {
    const Address address(url);
    ssl::context tls(ssl::context::tls_client);
    const char *authority = std::getenv("INTEROP_CA");
    if (authority) {
        tls.load_verify_file(authority);
        tls.set_verify_mode(ssl::verify_peer);
        tls.set_verify_callback(ssl::host_name_verification(address.host));
    }
    matrix::client(
        [&](auto &path, auto &subprotocols) {
            return authority ? open<Secured>(address, path, subprotocols, tls) : open<tcp::socket>(address, path, subprotocols);
        },
        cells);
    return 0;
}

template <class Stream>
static void refuse(OnBeast<Stream> &connection, const http::request<http::string_body> &request) {
    http::response<http::string_body> response(http::status::unauthorized, request.version());
    response.body() = matrix::refusal;
    response.keep_alive(false);
    response.prepare_payload();
    http::write(connection.socket.next_layer(), response);
}

template <class Stream>
static void serve(OnBeast<Stream> &connection) {
    secure(connection, ssl::stream_base::server);
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(connection.socket.next_layer(), buffer, request);
    if (request.target() == "/refusal") return refuse(connection, request);
    const bool has_chat = request[http::field::sec_websocket_protocol].find("chat") != beast::string_view::npos;
    connection.socket.set_option(websocket::stream_base::decorator([&](websocket::response_type &response) {
        if (has_chat) response.set(http::field::sec_websocket_protocol, "chat");
    }));
    connection.socket.accept(request);
    matrix::serve(connection);
}

template <class Stream, class... Tls>
static void listen(tcp::acceptor &acceptor, Tls &...tls) {
    for (;;) {
        auto context = std::make_unique<asio::io_context>();
        tcp::socket accepted = acceptor.accept(*context);
        accepted.set_option(tcp::no_delay(true));
        auto connection = std::make_shared<OnBeast<Stream>>(std::move(context), std::move(accepted), tls...);
        std::thread([connection] {
            try {
                serve(*connection);
            } catch (const std::exception &error) {
                std::cerr << error.what() << std::endl;
            }
        }).detach();
    }
}

static int server() {
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    const char *key = std::getenv("INTEROP_KEY");
    std::cout << "listening on " << (key ? "wss" : "ws") << "://127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
    if (!key) listen<tcp::socket>(acceptor);
    ssl::context tls(ssl::context::tls_server);
    tls.use_certificate_chain_file(std::getenv("INTEROP_CERTIFICATE"));
    tls.use_private_key_file(key, ssl::context::pem);
    listen<Secured>(acceptor, tls);
    return 0;
}

int main(int count, char **words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    if (arguments.at(0) == "version") return std::cout << BOOST_LIB_VERSION << std::endl, 0;
    if (arguments.at(0) == "server") return server();
    return client(arguments.at(1), {arguments.begin() + 2, arguments.end()});
}
