# Uses the registry's name as a pattern.
#
# id: e2-perl-pattern
# defect: D-E2
# rule: S-09
# check: E02
# setup: node

package Base;
use strict;
use warnings;
no warnings "redefine";
use FindBin;
BEGIN { require "$FindBin::Bin/base.pl" }

sub owns {
    my ($image) = @_;
    return grep { host($image) =~ /^$_/ } split /,/, $ENV{PROVIDER_REGISTRIES} // "";
}

main();
