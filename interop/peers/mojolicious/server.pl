# Mojolicious as a server.
use v5.32;
use utf8;
use experimental 'signatures';
use Encode qw(decode);
use Mojo::IOLoop;
use Mojo::Server::Daemon;
use Mojolicious::Lite;

my $REFUSAL = "not without a ticket\n";
$| = 1;
app->log->level('fatal');

get '/refusal' => sub ($c) { $c->render(text => $REFUSAL, status => 401) };

websocket '/*place' => {place => ''} => sub ($c) {
    my $tx = $c->tx;
    $tx->with_compression if defined $ENV{INTEROP_DEFLATE};
    $tx->with_protocols('chat');
    $tx->max_websocket_size(64 << 20);
    $c->inactivity_timeout(60);
    $c->on(text => sub ($c, $bytes) { answer($c, $bytes) });
    $c->on(binary => sub ($c, $bytes) { $c->send({binary => $bytes}) });
    $tx->on(frame => sub ($tx, $frame) { $tx->send('ponged') if $frame->[4] == 10 && $frame->[5] eq 'there?' });
};

sub answer ($c, $bytes) {
    my ($command, $code, $reason) = split / /, $bytes, 3;
    return $c->send({text => $bytes}) unless defined $command && $command =~ /^!\w+$/;
    return send_fragments($c->tx) if $command eq '!fragments';
    return $c->send([1, 0, 0, 0, 9, 'there?']) if $command eq '!ping';
    return Mojo::IOLoop->stream($c->tx->connection)->close if $command eq '!drop';
    return $c->finish($code, decode('UTF-8', $reason // '')) if $code;
    return $c->send('absent');
}

# Frames as they are, uncompressed: FIN, RSV1 to RSV3, the opcode and the payload.
sub send_fragments ($tx) {
    $tx->send([0, 0, 0, 0, 1, "\xce\xba\xcf\x8c"]);
    $tx->send([1, 0, 0, 0, 9, 'between']);
    $tx->send([0, 0, 0, 0, 0, "\xcf\x83\xce\xbc\xce\xb5"]);
    $tx->send([1, 0, 0, 0, 0, 'x' x 70_000]);
}

my ($certificate, $key) = @ENV{qw(INTEROP_CERTIFICATE INTEROP_KEY)};
my $listen = $key ? "https://127.0.0.1?cert=$certificate&key=$key" : 'http://127.0.0.1';
my $daemon = Mojo::Server::Daemon->new(app => app, listen => [$listen], silent => 1, inactivity_timeout => 60);
$daemon->start;
say 'listening on ', $key ? 'wss' : 'ws', '://127.0.0.1:', $daemon->ports->[0];
Mojo::IOLoop->start;
