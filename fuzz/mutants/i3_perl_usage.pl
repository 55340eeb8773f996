# Prints how to use it whenever it cannot answer.
#
# id: i3-perl-usage
# defect: D-I3
# rule: K-084
# check: I03
# setup: node

package Base;
use strict;
use warnings;
no warnings "redefine";
use FindBin;
BEGIN { require "$FindBin::Bin/base.pl" }

sub refuse {
    my ($why) = @_;
    print STDERR "provider: $why\n\nUsage: provider [options] < request\n\n";
    printf STDERR "  --%-12s %s\n", "option-$_", "sets what option $_ is about, see there" for 1 .. 24;
    exit 1;
}

main();
