import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The client of java.net.http: Client URL CELL... */
public class Client {
    /** The end of a connection; 1006 if there was no Close frame. */
    record Closed(int code, String reason) {}

    record Ponged() {}

    /** The API has no way to do this. */
    static class Absent extends Exception {}

    /** Keeps what comes: texts, arrays of bytes, Ponged and Closed. */
    static class Arrivals implements WebSocket.Listener {
        final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean isLast) {
            text.append(data);
            if (isLast) {
                queue.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
            var part = new byte[data.remaining()];
            data.get(part);
            bytes.writeBytes(part);
            if (isLast) {
                queue.add(bytes.toByteArray());
                bytes.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
            queue.add(new Ponged());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            queue.add(new Closed(code, reason));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            queue.add(new Closed(1006, ""));
        }
    }

    static final String FRAGMENTS = "κόσμε" + "x".repeat(70_000);
    static HttpClient http;

    final Arrivals arrivals = new Arrivals();
    final WebSocket socket;

    Client(String url, String... subprotocols) throws Exception {
        var builder = http.newWebSocketBuilder();
        if (subprotocols.length > 0) {
            builder.subprotocols(subprotocols[0], Arrays.copyOfRange(subprotocols, 1, subprotocols.length));
        }
        socket = builder.buildAsync(URI.create(url), arrivals).join();
    }

    static SSLContext trusting(String authority) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (var file = new FileInputStream(authority)) {
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    static Exception instead(Object came) {
        var shown = String.valueOf(came);
        return new Exception("there came " + shown.substring(0, Math.min(80, shown.length())));
    }

    void echoes(String text) throws Exception {
        socket.sendText(text, true).join();
        answers(text);
    }

    void answers(Object expected) throws Exception {
        var came = arrivals.queue.take();
        if (!came.equals(expected)) throw instead(came);
    }

    void echoes(byte[] data) throws Exception {
        socket.sendBinary(ByteBuffer.wrap(data), true).join();
        if (!(arrivals.queue.take() instanceof byte[] came) || !Arrays.equals(came, data)) throw instead("other bytes");
    }

    void command(String text, Object answer) throws Exception {
        socket.sendText(text, true).join();
        answers(answer);
    }

    void close(int code, String reason) throws Exception {
        if (code == 0) throw new Absent();
        socket.sendClose(code, reason).join();
        Object came;
        while (!((came = arrivals.queue.take()) instanceof Closed)) {}
        if (((Closed) came).code() == 1006) throw instead(came);
    }

    void fragments() throws Exception {
        for (var fragment : new String[] {"κό", "", "σμε"}) {
            socket.sendText(fragment, false).join();
            socket.sendPing(ByteBuffer.wrap("in between".getBytes())).join();
        }
        socket.sendText(FRAGMENTS.substring(5), true).join();
        Object came;
        while ((came = arrivals.queue.take()) instanceof Ponged) {}
        if (!came.equals(FRAGMENTS)) throw instead(came);
    }

    static String textOf(int size) {
        var unit = "κό σμε😀a漢字!";
        var length = unit.getBytes(StandardCharsets.UTF_8).length;
        return unit.repeat(size / length) + ".".repeat(size % length);
    }

    static byte[] bytesOf(int size) {
        var data = new byte[size];
        new Random(1).nextBytes(data);
        return data;
    }

    static Closed closing(String what) {
        return switch (what) {
            case "none" -> new Closed(0, "");
            case "reason" -> new Closed(3001, "enough κόσμε");
            case "longest" -> new Closed(1000, "r".repeat(123));
            default -> new Closed(Integer.parseInt(what), "");
        };
    }

    void closeReceived(Closed wanted) throws Exception {
        var command = wanted.code() == 0 ? "!close" : ("!close " + wanted.code() + " " + wanted.reason()).strip();
        command(command, wanted.code() == 0 ? new Closed(1005, "") : wanted);
    }

    /** Does what a cell asks for, up to its closing; tells whether it has closed. */
    boolean talk(String name, String what) throws Exception {
        switch (name) {
            case "text" -> echoes(textOf(Integer.parseInt(what)));
            case "binary" -> echoes(bytesOf(Integer.parseInt(what)));
            case "many" -> {
                for (int number = 0; number < 100; number++) echoes(("message " + number + " ").repeat(number));
            }
            case "fragments-sent" -> fragments();
            case "fragments-received" -> command("!fragments", FRAGMENTS);
            case "ping-sent" -> {
                socket.sendPing(ByteBuffer.wrap("are you there?".getBytes())).join();
                answers(new Ponged());
            }
            case "ping-received" -> command("!ping", "ponged");
            case "subprotocol" -> {
                if (!socket.getSubprotocol().equals("chat")) throw instead(socket.getSubprotocol());
            }
            case "idle" -> {
                Thread.sleep(3000);
                echoes("awake");
            }
            default -> {
                end(name, what);
                return true;
            }
        }
        return false;
    }

    void end(String name, String what) throws Exception {
        switch (name) {
            case "close-sent" -> close(closing(what).code(), closing(what).reason());
            case "close-received" -> closeReceived(closing(what));
            case "drop-sent" -> {
                echoes("bye");
                socket.abort();
            }
            case "drop-received" -> command("!drop", new Closed(1006, ""));
            default -> throw new Exception("there is no cell " + name);
        }
    }

    static void tryCell(String url, String cell) throws Exception {
        var parts = (cell + ":").split(":", 3);
        try {
            var offered = cell.equals("subprotocol") ? new String[] {"other", "chat"} : new String[] {};
            var client = new Client(url + "/" + cell, offered);
            if (cell.equals("refusal")) throw instead("a connection");
            if (!client.talk(parts[0], parts[1])) client.close(1000, "");
        } catch (CompletionException error) {
            var is401 = error.getCause() instanceof WebSocketHandshakeException refused && refused.getResponse().statusCode() == 401;
            if (!cell.equals("refusal") || !is401) throw error;
        }
    }

    public static void main(String[] arguments) throws Exception {
        var builder = HttpClient.newBuilder();
        var authority = System.getenv("INTEROP_CA");
        http = authority == null ? builder.build() : builder.sslContext(trusting(authority)).build();
        for (var cell : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            var outcome = "passed";
            var detail = "";
            try {
                tryCell(arguments[0], cell);
            } catch (Absent absent) {
                outcome = "absent";
            } catch (Exception error) {
                outcome = "failed";
                detail = error.toString().replaceAll("[\"\\\\\\p{Cntrl}]", "'");
            }
            System.out.printf("{\"cell\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n", cell, outcome, detail);
        }
        System.exit(0);
    }
}
