// WebSocket++ as a client.
#include "compressing.hpp"

#include <matrix.hpp>

#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>

#include <deque>

namespace asio = websocketpp::lib::asio;
namespace opcode = websocketpp::frame::opcode;
using Handle = websocketpp::connection_hdl;

template <class Config>
class OnWebsocketpp : public matrix::Connection {
    using Client = websocketpp::client<Config>;

public:
    OnWebsocketpp() {
        client.clear_access_channels(websocketpp::log::alevel::all);
        client.clear_error_channels(websocketpp::log::elevel::all);
        client.init_asio();
        client.set_max_message_size(64 << 20);
        client.set_open_handler([this](Handle) { is_open = true; });
        client.set_fail_handler([this](Handle) { has_ended = true; });
        client.set_close_handler([this](Handle) { has_ended = true; });
        client.set_pong_handler([this](Handle, const std::string &) { pongs++; });
        client.set_message_handler([this](Handle, typename Client::message_ptr message) {
            arrived.push_back({message->get_opcode() == opcode::text, message->get_payload()});
        });
    }

    void open(const std::string &url, const std::string &subprotocols) {
        websocketpp::lib::error_code error;
        connection = client.get_connection(url, error);
        if (error) throw std::runtime_error(error.message());
        for (std::size_t at = 0; at < subprotocols.size(); at = subprotocols.find_first_not_of(", ", end_of(subprotocols, at)))
            connection->add_subprotocol(subprotocols.substr(at, end_of(subprotocols, at) - at));
        client.connect(connection);
        while (!is_open && !has_ended) client.run_one();
        if (is_open) return;
        if (connection->get_response_code() == websocketpp::http::status_code::unauthorized)
            throw matrix::Refused{401, connection->get_response().get_body()};
        throw std::runtime_error(connection->get_ec().message());
    }

    Client &endpoint() { return client; }

    void send(const matrix::Message &message) override {
        connection->send(message.data, message.is_text ? opcode::text : opcode::binary);
    }

    matrix::Message receive() override {
        while (arrived.empty() && !has_ended) client.run_one();
        if (arrived.empty()) throw matrix::Closed{connection->get_remote_close_code(), connection->get_remote_close_reason()};
        const auto message = arrived.front();
        arrived.pop_front();
        return message;
    }

    void close(std::optional<int> code, const std::string &reason) override {
        connection->close(code.value_or(websocketpp::close::status::no_status), reason);
        while (!has_ended) client.run_one();
        if (connection->get_remote_close_code() == websocketpp::close::status::abnormal_close)
            throw std::runtime_error("no Close frame came");
    }

    void send_fragments(const std::vector<std::string> &fragments) override {
        for (std::size_t at = 0; at < fragments.size(); at++) {
            if (at) connection->ping("in between");
            send_frame(at ? opcode::continuation : opcode::text, fragments[at], at + 1 == fragments.size());
        }
    }

    void ping() override {
        connection->ping("are you there?");
        while (!pongs && !has_ended) client.run_one();
        if (!pongs) throw std::runtime_error("no Pong came");
    }

    void drop() override { connection->get_raw_socket().close(); }

    matrix::Message send_after_silence(const matrix::Message &message) override {
        client.get_io_service().run_for(std::chrono::seconds(3));
        send(message);
        return receive();
    }

    // A client's get_subprotocol() stays empty.
    std::string subprotocol() override { return connection->get_response_header("Sec-WebSocket-Protocol"); }

private:
    Client client;
    typename Client::connection_ptr connection;
    std::deque<matrix::Message> arrived;
    bool is_open = false, has_ended = false;
    int pongs = 0;

    static std::size_t end_of(const std::string &list, std::size_t at) { return std::min(list.find(',', at), list.size()); }

    void send_frame(opcode::value kind, const std::string &part, bool is_last) {
        const auto frame = connection->get_message(kind, part.size());
        frame->set_payload(part);
        frame->set_fin(is_last);
        connection->send(frame);
    }
};

template <class Config>
static void trust(OnWebsocketpp<Config> &connection, const char *authority) {
    connection.endpoint().set_tls_init_handler([authority](Handle) {
        const auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
        context->load_verify_file(authority);
        context->set_verify_mode(asio::ssl::verify_peer);
        context->set_verify_callback(asio::ssl::host_name_verification("127.0.0.1"));
        return context;
    });
}

template <class Config>
static void run(const std::string &base, const std::vector<std::string> &cells) {
    matrix::client(
        [&](const std::string &path, const std::string &subprotocols) {
            auto connection = std::make_unique<OnWebsocketpp<Config>>();
            if constexpr (std::is_base_of_v<websocketpp::config::asio_tls_client, Config>)
                trust(*connection, std::getenv("INTEROP_CA"));
            connection->open(base + path, subprotocols);
            return connection;
        },
        cells);
}

int main(int count, char **words) {
    const std::string url = words[1];
    const std::vector<std::string> cells(words + 2, words + count);
    const bool compresses = std::getenv("INTEROP_DEFLATE"), is_secured = std::getenv("INTEROP_CA");
    if (is_secured && compresses) run<Compressing<websocketpp::config::asio_tls_client>>(url, cells);
    else if (is_secured) run<websocketpp::config::asio_tls_client>(url, cells);
    else if (compresses) run<Compressing<websocketpp::config::asio_client>>(url, cells);
    else run<websocketpp::config::asio_client>(url, cells);
}
