// What every program in C++ does, whatever it speaks with. A peer brings a class over its own calls,
// which may block.
#pragma once

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace matrix {

inline const std::string refusal = "not without a ticket\n";
inline const std::string fragments = "κόσμε" + std::string(70000, 'x');

// The API has no way to do this.
struct Absent {};

// The connection has ended. The code is 1005 for a Close frame without one, 1006 without a frame, and
// none where the API does not tell.
struct Closed {
    std::optional<int> code;
    std::optional<std::string> reason;
};

// The server refused; what the API does not tell is not there.
struct Refused {
    std::optional<int> status;
    std::optional<std::string> body;
};

struct Message {
    bool is_text;
    std::string data;

    bool operator==(const Message &other) const { return is_text == other.is_text && data == other.data; }
};

// Calls that the API lacks stay as they are here.
class Connection {
public:
    virtual ~Connection() = default;
    virtual void send(const Message &message) = 0;
    // The next message; throws Closed after the last.
    virtual Message receive() = 0;
    // Closes, with an empty Close frame if there is no code, and waits until that is done.
    virtual void close(std::optional<int> code, const std::string &reason) = 0;
    // Sends a text in these fragments, with a Ping in between if the API can do that.
    virtual void send_fragments(const std::vector<std::string> &) { throw Absent{}; }
    // Sends a Ping with a payload and waits for its Pong.
    virtual void ping() { throw Absent{}; }
    // Ends the TCP connection without a Close frame.
    virtual void drop() { throw Absent{}; }
    // Answers Pings for three seconds, sends a message and returns the next.
    virtual Message send_after_silence(const Message &) { throw Absent{}; }
    virtual std::string subprotocol() { throw Absent{}; }
};

using Open = std::function<std::unique_ptr<Connection>(const std::string &path, const std::string &subprotocols)>;

// The value of a parameter of compression that is wanted: 1 for one without a value, 0 if it is not.
inline int deflate_parameter(const std::string &name) {
    const char *wanted = std::getenv("INTEROP_DEFLATE");
    const std::string list = "," + std::string(wanted ? wanted : "") + ",";
    const auto at = list.find("," + name);
    if (at == std::string::npos) return 0;
    const auto end = at + 1 + name.size();
    return list[end] == '=' ? std::atoi(list.c_str() + end + 1) : 1;
}

namespace detail {

inline void expect(bool condition, const std::string &instead) {
    if (!condition) throw std::runtime_error("there came " + instead.substr(0, 80));
}

inline Message text(const std::string &data) { return {true, data}; }

inline std::string text_of(std::size_t size) {
    const std::vector<std::string> characters = {"κ", "ό", " ", "σ", "😀", "漢", "a"};
    std::string made;
    for (std::size_t at = 0; made.size() + characters[at].size() <= size; at = (at + 1) % characters.size())
        made += characters[at];
    return made + std::string(size - made.size(), '.');
}

inline std::string binary_of(std::size_t size) {
    std::minstd_rand random(1);
    std::string made(size, '\0');
    for (auto &byte : made) byte = static_cast<char>(random() >> 8);
    return made;
}

inline void echoes(Connection &connection, const Message &message) {
    connection.send(message);
    const auto answer = connection.receive();
    expect(answer == message, "a message of " + std::to_string(answer.data.size()) + " bytes: " + answer.data);
}

inline std::pair<std::optional<int>, std::string> closing(const std::string &what) {
    if (what == "none") return {std::nullopt, ""};
    if (what == "reason") return {3001, "enough κόσμε"};
    if (what == "longest") return {1000, std::string(123, 'r')};
    return {std::stoi(what), ""};
}

inline std::string command_for(const std::optional<int> &code, const std::string &reason) {
    if (!code) return "!close";
    return "!close " + std::to_string(*code) + (reason.empty() ? "" : " " + reason);
}

// Demands the end of the connection, with one of these codes and this reason if they are told.
inline void expect_end(Connection &connection, int code, const std::string &reason) {
    try {
        expect(false, connection.receive().data);
    } catch (const Closed &closed) {
        expect(closed.code.value_or(code) == code, "an end with " + std::to_string(closed.code.value_or(0)));
        expect(closed.reason.value_or(reason) == reason, "the reason " + closed.reason.value_or(""));
    }
}

using Cell = std::function<void(Connection &, const std::string &)>;

inline void finish(Connection &connection) { connection.close(1000, ""); }

// Sends a command, demands this answer, and closes.
inline Cell commands(const std::string &command, const std::string &answer) {
    return [=](Connection &connection, const std::string &) {
        connection.send(text(command));
        const auto came = connection.receive();
        expect(came == text(answer), came.data);
        finish(connection);
    };
}

inline void close_received(Connection &connection, const std::string &what) {
    const auto [code, reason] = closing(what);
    connection.send(text(command_for(code, reason)));
    expect_end(connection, code.value_or(1005), reason);
}

inline void many(Connection &connection, const std::string &) {
    for (int number = 0; number < 100; number++) {
        std::string message;
        for (int times = 0; times < number; times++) message += "message " + std::to_string(number) + " ";
        echoes(connection, text(message));
    }
    finish(connection);
}

inline void fragments_sent(Connection &connection, const std::string &) {
    const std::string rest(70000, 'x');
    connection.send_fragments({"κό", "", "σμε", rest});
    const auto came = connection.receive();
    expect(came == text("κόσμε" + rest), came.data);
    finish(connection);
}

inline const std::map<std::string, Cell> &cells() {
    static const std::map<std::string, Cell> all = {
        {"text", [](auto &it, auto &what) { echoes(it, text(text_of(std::stoul(what)))); finish(it); }},
        {"binary", [](auto &it, auto &what) { echoes(it, {false, binary_of(std::stoul(what))}); finish(it); }},
        {"many", many},
        {"fragments-sent", fragments_sent},
        {"fragments-received", commands("!fragments", fragments)},
        {"ping-sent", [](auto &it, auto &) { it.ping(); finish(it); }},
        {"ping-received", commands("!ping", "ponged")},
        {"close-sent", [](auto &it, auto &what) { it.close(closing(what).first, closing(what).second); }},
        {"close-received", close_received},
        {"subprotocol", [](auto &it, auto &) { expect(it.subprotocol() == "chat", it.subprotocol()); finish(it); }},
        {"drop-sent", [](auto &it, auto &) { echoes(it, text("bye")); it.drop(); }},
        {"drop-received", [](auto &it, auto &) { it.send(text("!drop")); expect_end(it, 1006, ""); }},
        {"idle", [](auto &it, auto &) { expect(it.send_after_silence(text("awake")) == text("awake"), "another"); finish(it); }},
    };
    return all;
}

inline void refused(const Open &open) {
    try {
        open("/refusal", "");
    } catch (const Refused &refused) {
        expect(refused.status.value_or(401) == 401, "status " + std::to_string(refused.status.value_or(0)));
        expect(refused.body.value_or(refusal) == refusal, refused.body.value_or(""));
        return;
    }
    throw std::runtime_error("the connection was opened");
}

inline void try_cell(const Open &open, const std::string &cell) {
    if (cell == "refusal") return refused(open);
    const auto colon = cell.find(':');
    const auto connection = open("/" + cell, cell == "subprotocol" ? "other, chat" : "");
    cells().at(cell.substr(0, colon))(*connection, colon == std::string::npos ? "" : cell.substr(colon + 1));
}

inline std::string escaped(const std::string &words) {
    std::string made;
    for (const char letter : words.substr(0, 300)) {
        if (letter == '"' || letter == '\\') made += '\\';
        made += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
    }
    return made;
}

inline void print(const std::string &cell, const std::string &outcome, const std::string &detail) {
    std::cout << "{\"cell\": \"" << cell << "\", \"outcome\": \"" << outcome << "\", \"detail\": \""
              << escaped(detail) << "\"}" << std::endl;
}

// Whether the connection ends with this command.
inline bool obey(Connection &connection, const std::string &command) {
    if (command.rfind("!close", 0) == 0) {
        const auto reason = command.find(' ', 7);
        const bool has_code = command.size() > 7;
        connection.close(has_code ? std::optional(std::stoi(command.substr(7))) : std::nullopt,
                         reason == std::string::npos ? "" : command.substr(reason + 1));
        return true;
    }
    if (command == "!drop") return connection.drop(), true;
    if (command == "!fragments") return connection.send_fragments({"κό", "σμε", std::string(70000, 'x')}), false;
    if (command != "!ping") throw Absent{};
    connection.ping();
    connection.send(text("ponged"));
    return false;
}

inline bool answer(Connection &connection, const Message &message) {
    if (!message.is_text || message.data.rfind('!', 0) != 0) return connection.send(message), false;
    try {
        return obey(connection, message.data);
    } catch (const Absent &) {
        connection.send(text("absent"));
    }
    return false;
}

}  // namespace detail

// Tries the cells of a command line without the URL.
inline void client(const Open &open, const std::vector<std::string> &cells) {
    for (const auto &cell : cells) {
        try {
            detail::try_cell(open, cell);
            detail::print(cell, "passed", "");
        } catch (const Absent &) {
            detail::print(cell, "absent", "");
        } catch (const Closed &closed) {
            detail::print(cell, "failed", "closed with " + std::to_string(closed.code.value_or(0)));
        } catch (const Refused &refused) {
            detail::print(cell, "failed", "refused with " + std::to_string(refused.status.value_or(0)));
        } catch (const std::exception &error) {
            detail::print(cell, "failed", error.what());
        }
    }
}

// Sends messages back and obeys commands, until the connection ends.
inline void serve(Connection &connection) {
    try {
        while (!detail::answer(connection, connection.receive())) {
        }
    } catch (const Closed &) {
    }
}

}  // namespace matrix
