# Crystal's own HTTP::WebSocket as a server.
require "http/server"
require "openssl"

PING = "are you there?"

# Ends a connection without a Close frame.
class Drop < Exception
end

class Refuser
  include HTTP::Handler

  def call(context)
    return refuse(context.response) if context.request.path == "/refusal"
    offered = context.request.headers["Sec-WebSocket-Protocol"]?
    chosen = offered.try &.split(',').map(&.strip).includes?("chat")
    context.response.headers["Sec-WebSocket-Protocol"] = "chat" if chosen
    call_next(context)
  end

  private def refuse(response)
    response.status = HTTP::Status::UNAUTHORIZED
    response.print "not without a ticket\n"
  end
end

def close(socket, arguments)
  code = arguments[0]?.try &.to_i
  return socket.close unless code
  socket.close(code, arguments[1]?)
end

def send_fragments(socket)
  socket.stream(binary: false, frame_size: 20_000) do |message|
    message << "κόσμε" << "x" * 30_000
    socket.ping("in between")
    message << "x" * 40_000
  end
end

def answer(socket, text)
  words = text.split(' ', 3)
  case words[0]
  when "!close"     then close(socket, words[1..])
  when "!fragments" then send_fragments(socket)
  when "!ping"      then socket.ping(PING)
  when "!drop"      then raise Drop.new
  else                   socket.send(text)
  end
end

def secured
  context = OpenSSL::SSL::Context::Server.new
  context.certificate_chain = ENV["INTEROP_CERTIFICATE"]
  context.private_key = ENV["INTEROP_KEY"]
  context
end

conversation = HTTP::WebSocketHandler.new do |socket, _|
  socket.on_message { |text| answer(socket, text) }
  socket.on_binary { |data| socket.send(data) }
  socket.on_pong { |payload| socket.send("ponged") if payload == PING }
end
server = HTTP::Server.new([Refuser.new, conversation])
if ENV["INTEROP_KEY"]?
  puts "listening on wss://#{server.bind_tls("127.0.0.1", 0, secured)}"
else
  puts "listening on ws://#{server.bind_tcp("127.0.0.1", 0)}"
end
STDOUT.flush
server.listen
