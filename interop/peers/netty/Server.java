import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateServerExtensionHandshaker;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Netty as a server. */
public class Server {
    static final int LARGEST = 64 << 20;
    static final String PING = "are you there?";

    static class Refuser extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (!(message instanceof FullHttpRequest request) || !request.uri().equals("/refusal")) {
                context.fireChannelRead(message);
                return;
            }
            request.release();
            var body = Unpooled.copiedBuffer("not without a ticket\n", StandardCharsets.UTF_8);
            var answer = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.UNAUTHORIZED, body);
            answer.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
        }
    }

    static class Answerer extends SimpleChannelInboundHandler<WebSocketFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
            if (frame instanceof TextWebSocketFrame text) {
                answer(context, text.text());
            } else if (frame instanceof BinaryWebSocketFrame) {
                context.writeAndFlush(frame.retain());
            } else if (frame instanceof PongWebSocketFrame && frame.content().toString(StandardCharsets.UTF_8).equals(PING)) {
                context.writeAndFlush(new TextWebSocketFrame("ponged"));
            }
        }

        static void answer(ChannelHandlerContext context, String text) {
            switch (text.startsWith("!") ? text.split(" ")[0] : "") {
                case "!close" -> context.writeAndFlush(closing(text.split(" ", 3)));
                case "!fragments" -> sendFragments(context);
                case "!ping" -> context.writeAndFlush(new PingWebSocketFrame(bytes(PING)));
                // From further back, it would say goodbye first.
                case "!drop" -> context.pipeline().firstContext().close();
                default -> context.writeAndFlush(new TextWebSocketFrame(text));
            }
        }

        static CloseWebSocketFrame closing(String[] words) {
            if (words.length == 1) return new CloseWebSocketFrame();
            return new CloseWebSocketFrame(Integer.parseInt(words[1]), words.length > 2 ? words[2] : "");
        }

        static void sendFragments(ChannelHandlerContext context) {
            context.write(new TextWebSocketFrame(false, 0, "κό"));
            context.write(new PingWebSocketFrame(bytes("in between")));
            context.write(new ContinuationWebSocketFrame(false, 0, "σμε"));
            context.writeAndFlush(new ContinuationWebSocketFrame(true, 0, "x".repeat(70_000)));
        }

        static ByteBuf bytes(String text) {
            return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            System.err.println(error);
            context.close();
        }
    }

    static class Initializer extends ChannelInitializer<SocketChannel> {
        final SslContext tls;

        Initializer(SslContext tls) {
            this.tls = tls;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            var pipeline = channel.pipeline();
            if (tls != null) pipeline.addLast(tls.newHandler(channel.alloc()));
            pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 16), new Refuser());
            if (System.getenv("INTEROP_DEFLATE") != null) compress(pipeline);
            pipeline.addLast(new WebSocketServerProtocolHandler(settings()));
            pipeline.addLast(new WebSocketFrameAggregator(LARGEST), new Answerer());
        }

        static void compress(ChannelPipeline pipeline) {
            var deflate = new PerMessageDeflateServerExtensionHandshaker(6, true, 15, true, false);
            pipeline.addLast(new WebSocketServerExtensionHandler(deflate));
        }

        static WebSocketServerProtocolConfig settings() {
            var decoder = WebSocketDecoderConfig.newBuilder().maxFramePayloadLength(LARGEST).allowExtensions(true).build();
            return WebSocketServerProtocolConfig.newBuilder().websocketPath("/").checkStartsWith(true)
                .subprotocols("chat").dropPongFrames(false).decoderConfig(decoder).build();
        }
    }

    static SslContext tls() throws Exception {
        var key = System.getenv("INTEROP_KEY");
        if (key == null) return null;
        return SslContextBuilder.forServer(new File(System.getenv("INTEROP_CERTIFICATE")), new File(key)).build();
    }

    public static void main(String[] arguments) throws Exception {
        var tls = tls();
        var server = new ServerBootstrap().group(new NioEventLoopGroup(2)).channel(NioServerSocketChannel.class)
            .childHandler(new Initializer(tls)).bind("127.0.0.1", 0).sync().channel();
        var port = ((InetSocketAddress) server.localAddress()).getPort();
        System.out.printf("listening on %s://127.0.0.1:%d%n", tls == null ? "ws" : "wss", port);
        server.closeFuture().sync();
    }
}
