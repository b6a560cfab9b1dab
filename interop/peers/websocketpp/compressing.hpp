// A configuration of WebSocket++ that can compress, besides what it has from another.
#pragma once

#include <websocketpp/config/asio.hpp>
#include <websocketpp/config/asio_client.hpp>

// The extension's header builds only after those of a configuration.
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>

template <class Base>
struct Compressing : Base {
    struct permessage_deflate_config {};
    using permessage_deflate_type = websocketpp::extensions::permessage_deflate::enabled<permessage_deflate_config>;
};
