// Qt WebSockets as a client and as a server.
#include <matrix.hpp>

#include <QtCore/QtCore>
#include <QtNetwork/QtNetwork>
#include <QtWebSockets/QtWebSockets>

#include <deque>

static const char *const ping_payload = "are you there?";

static void process_events() { QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents); }

static void send_message(QWebSocket &socket, const matrix::Message &message) {
    if (message.is_text) socket.sendTextMessage(QString::fromStdString(message.data));
    else socket.sendBinaryMessage(QByteArray::fromStdString(message.data));
}

static void raise_limits(QWebSocket &socket) {
    socket.setMaxAllowedIncomingFrameSize(64 << 20);
    socket.setMaxAllowedIncomingMessageSize(64 << 20);
}

static void close_with(QWebSocket &socket, int code, const std::string &reason) {
    socket.close(static_cast<QWebSocketProtocol::CloseCode>(code), QString::fromStdString(reason));
}

static void send_in_frames(QWebSocket &socket, const std::string &text) {
    const auto usual = socket.outgoingFrameSize();
    socket.setOutgoingFrameSize(20000);
    socket.sendTextMessage(QString::fromStdString(text));
    socket.setOutgoingFrameSize(usual);
}

class OnQt : public matrix::Connection {
public:
    QWebSocket socket;

    OnQt() {
        raise_limits(socket);
        QObject::connect(&socket, &QWebSocket::textMessageReceived, [this](const QString &text) {
            arrived.push_back({true, text.toStdString()});
        });
        QObject::connect(&socket, &QWebSocket::binaryMessageReceived, [this](const QByteArray &data) {
            arrived.push_back({false, data.toStdString()});
        });
        QObject::connect(&socket, &QWebSocket::pong, [this] { pongs++; });
    }

    bool is_closed() const { return socket.state() == QAbstractSocket::UnconnectedState; }

    void send(const matrix::Message &message) override { send_message(socket, message); }

    matrix::Message receive() override {
        while (arrived.empty() && !is_closed()) process_events();
        if (arrived.empty()) throw matrix::Closed{socket.closeCode(), socket.closeReason().toStdString()};
        const auto message = arrived.front();
        arrived.pop_front();
        return message;
    }

    void close(std::optional<int> code, const std::string &reason) override {
        if (!code) throw matrix::Absent{};
        close_with(socket, *code, reason);
        while (!is_closed()) process_events();
    }

    void send_fragments(const std::vector<std::string> &fragments) override {
        std::string whole;
        for (const auto &fragment : fragments) whole += fragment;
        send_in_frames(socket, whole);
    }

    void ping() override {
        socket.ping(ping_payload);
        while (!pongs && !is_closed()) process_events();
        if (!pongs) throw std::runtime_error("no Pong came");
    }

    void drop() override { socket.abort(); }

    matrix::Message send_after_silence(const matrix::Message &message) override {
        QEventLoop loop;
        QTimer::singleShot(3000, &loop, &QEventLoop::quit);
        loop.exec();
        send(message);
        return receive();
    }

    std::string subprotocol() override { return socket.subprotocol().toStdString(); }

private:
    std::deque<matrix::Message> arrived;
    int pongs = 0;
};

static QSslConfiguration trusting(const char *authority) {
    auto configuration = QSslConfiguration::defaultConfiguration();
    configuration.setCaCertificates(QSslCertificate::fromPath(authority));
    return configuration;
}

static std::unique_ptr<matrix::Connection> open(const std::string &url, const std::string &subprotocols) {
    auto connection = std::make_unique<OnQt>();
    auto &socket = connection->socket;
    if (const char *authority = std::getenv("INTEROP_CA")) socket.setSslConfiguration(trusting(authority));
    QWebSocketHandshakeOptions options;
    if (!subprotocols.empty()) options.setSubprotocols(QString::fromStdString(subprotocols).split(", "));
    socket.open(QUrl(QString::fromStdString(url)), options);
    while (socket.state() != QAbstractSocket::ConnectedState && !connection->is_closed()) process_events();
    if (!connection->is_closed()) return connection;
    const auto error = socket.errorString().toStdString();
    // That is all that it tells.
    if (error.find("401") != std::string::npos) throw matrix::Refused{};
    throw std::runtime_error(error);
}

static int client(const std::string &url, const std::vector<std::string> &cells) {
    matrix::client([&](auto &path, auto &subprotocols) { return open(url + path, subprotocols); }, cells);
    return 0;
}

static void close_as(QWebSocket &socket, const QString &command) {
    close_with(socket, command.section(' ', 1, 1).toInt(), command.section(' ', 2).toStdString());
}

static void answer(QWebSocket &socket, const QString &text) {
    if (text.startsWith("!close")) close_as(socket, text);
    else if (text == "!fragments") send_in_frames(socket, matrix::fragments);
    else if (text == "!ping") socket.ping(ping_payload);
    else if (text == "!drop") socket.abort();
    else socket.sendTextMessage(text);
}

static void converse(QWebSocket *socket) {
    raise_limits(*socket);
    QObject::connect(socket, &QWebSocket::textMessageReceived, [socket](const QString &text) { answer(*socket, text); });
    QObject::connect(socket, &QWebSocket::binaryMessageReceived, [socket](const QByteArray &data) { socket->sendBinaryMessage(data); });
    QObject::connect(socket, &QWebSocket::pong, [socket] { socket->sendTextMessage("ponged"); });
    QObject::connect(socket, &QWebSocket::disconnected, socket, &QObject::deleteLater);
}

static QSslKey read_key(const char *path) {
    QFile file(path);
    file.open(QIODevice::ReadOnly);
    return QSslKey(&file, QSsl::Ec);
}

static void secure(QWebSocketServer &server, const char *key) {
    auto configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificateChain(QSslCertificate::fromPath(std::getenv("INTEROP_CERTIFICATE")));
    configuration.setPrivateKey(read_key(key));
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
    server.setSslConfiguration(configuration);
}

static int server() {
    const char *key = std::getenv("INTEROP_KEY");
    QWebSocketServer server("interop", key ? QWebSocketServer::SecureMode : QWebSocketServer::NonSecureMode);
    if (key) secure(server, key);
    server.setSupportedSubprotocols({"chat"});
    QObject::connect(&server, &QWebSocketServer::newConnection, [&server] { converse(server.nextPendingConnection()); });
    if (!server.listen(QHostAddress::LocalHost)) return std::cerr << server.errorString().toStdString() << std::endl, 1;
    std::cout << "listening on " << (key ? "wss" : "ws") << "://127.0.0.1:" << server.serverPort() << std::endl;
    return QCoreApplication::exec();
}

int main(int count, char **words) {
    QCoreApplication application(count, words);
    const std::vector<std::string> arguments(words + 1, words + count);
    if (arguments.at(0) == "server") return server();
    return client(arguments.at(1), {arguments.begin() + 2, arguments.end()});
}
