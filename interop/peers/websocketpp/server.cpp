// WebSocket++ as a server.
#include "compressing.hpp"

#include <websocketpp/config/asio.hpp>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

using namespace std::string_literals;
namespace close_code = websocketpp::close::status;
namespace opcode = websocketpp::frame::opcode;

template <class Config>
class Server : public websocketpp::server<Config> {
    using Base = websocketpp::server<Config>;
    using Handle = websocketpp::connection_hdl;
    using Connection = typename Base::connection_ptr;
    using Message = typename Base::message_ptr;

public:
    Server() {
        this->clear_access_channels(websocketpp::log::alevel::all);
        this->clear_error_channels(websocketpp::log::elevel::all);
        this->init_asio();
        this->set_max_message_size(64 << 20);
        this->set_pong_handler([this](Handle handle, const std::string &payload) {
            if (payload == "are you there?") this->send(handle, "ponged"s, opcode::text);
        });
        this->set_message_handler([this](Handle handle, Message message) { answer(this->get_con_from_hdl(handle), message); });
        this->set_validate_handler([this](Handle handle) { return accepts(this->get_con_from_hdl(handle)); });
    }

    void run_as(const std::string &scheme) {
        this->listen(websocketpp::lib::asio::ip::tcp::endpoint(websocketpp::lib::asio::ip::address_v4::loopback(), 0));
        this->start_accept();
        websocketpp::lib::asio::error_code error;
        std::cout << "listening on " << scheme << "://127.0.0.1:" << this->get_local_endpoint(error).port() << std::endl;
        this->run();
    }

private:
    static bool accepts(const Connection &connection) {
        if (connection->get_resource() == "/refusal") {
            connection->set_status(websocketpp::http::status_code::unauthorized);
            connection->set_body("not without a ticket\n");
            return false;
        }
        for (const auto &name : connection->get_requested_subprotocols())
            if (name == "chat") connection->select_subprotocol(name);
        return true;
    }

    static void answer(const Connection &connection, const Message &message) {
        const auto &text = message->get_payload();
        const bool is_command = message->get_opcode() == opcode::text && text[0] == '!';
        if (!is_command) connection->send(text, message->get_opcode());
        else if (text.rfind("!close", 0) == 0) close(connection, text);
        else if (text == "!fragments") send_fragments(connection);
        else if (text == "!ping") connection->ping("are you there?");
        else if (text == "!drop") connection->get_raw_socket().close();
        else connection->send("absent"s);
    }

    static void close(const Connection &connection, const std::string &command) {
        const auto reason = command.find(' ', 7);
        const int code = command.size() > 7 ? std::atoi(command.c_str() + 7) : close_code::no_status;
        connection->close(code, reason == std::string::npos ? "" : command.substr(reason + 1));
    }

    static void send_fragments(const Connection &connection) {
        send_frame(connection, opcode::text, "κό", false);
        connection->ping("in between");
        send_frame(connection, opcode::continuation, "σμε", false);
        send_frame(connection, opcode::continuation, std::string(70000, 'x'), true);
    }

    static void send_frame(const Connection &connection, opcode::value kind, const std::string &part, bool is_last) {
        const auto frame = connection->get_message(kind, part.size());
        frame->set_payload(part);
        frame->set_fin(is_last);
        connection->send(frame);
    }
};

template <class Config>
static void run_plain() {
    Server<Config> server;
    server.run_as("ws");
}

template <class Config>
static void run_secured() {
    namespace ssl = websocketpp::lib::asio::ssl;
    Server<Config> server;
    server.set_tls_init_handler([](websocketpp::connection_hdl) {
        const auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
        context->use_certificate_chain_file(std::getenv("INTEROP_CERTIFICATE"));
        context->use_private_key_file(std::getenv("INTEROP_KEY"), ssl::context::pem);
        return context;
    });
    server.run_as("wss");
}

int main() {
    const bool compresses = std::getenv("INTEROP_DEFLATE"), is_secured = std::getenv("INTEROP_KEY");
    if (is_secured && compresses) run_secured<Compressing<websocketpp::config::asio_tls>>();
    if (is_secured) run_secured<websocketpp::config::asio_tls>();
    if (compresses) run_plain<Compressing<websocketpp::config::asio>>();
    run_plain<websocketpp::config::asio>();
}
