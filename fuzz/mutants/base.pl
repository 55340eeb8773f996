# A correct provider in Perl with a static credential for the node: a mutant
# puts another function in the place of a step and calls main.
#
# Core modules only; the environment is that of base.py.
package Base;
use strict;
use warnings;
use JSON::PP ();

our $API_VERSION = "credentialprovider.kubelet.k8s.io/v1";

sub read_request { local $/; binmode STDIN; return scalar(<STDIN>) // "" }

sub decode {
    my ($text) = @_;
    my $request = eval { JSON::PP->new->utf8->decode($text) };
    refuse("the request is not one JSON object") if ref($request) ne "HASH";
    for my $name (qw(apiVersion kind image)) {
        my $value = $request->{$name};
        refuse("the request has no usable $name") if !defined($value) || ref($value);
    }
    refuse("the request is not of $API_VERSION") if $request->{apiVersion} ne $API_VERSION;
    refuse("the request is of another kind") if $request->{kind} ne "CredentialProviderRequest";
    return $request;
}

sub host { my ($image) = @_; return (split m{/}, $image, 2)[0] // "" }

sub owns {
    my ($image) = @_;
    return grep { host($image) eq $_ } split /,/, $ENV{PROVIDER_REGISTRIES} // "";
}

sub auth {
    my ($image) = @_;
    return {} if !owns($image);
    return { host($image) => entry() };
}

sub entry { return { username => $ENV{NODE_USERNAME}, password => $ENV{NODE_PASSWORD} } }

sub emit {
    my ($auth) = @_;
    print JSON::PP->new->canonical->encode({
        kind => "CredentialProviderResponse", apiVersion => $API_VERSION,
        cacheKeyType => "Image", cacheDuration => "1h", auth => $auth,
    }), "\n";
}

sub refuse { my ($why) = @_; print STDERR "provider: $why\n"; exit 1 }

sub main { emit(auth(decode(read_request())->{image})) }

main() if !caller;
1;
