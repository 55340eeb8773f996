# Says what it does, with a print that goes to stdout.
#
# id: c7-perl-says
# defect: D-C7
# rule: K-090
# check: C02
# setup: node

package Base;
use strict;
use warnings;
no warnings "redefine";
use FindBin;
BEGIN { require "$FindBin::Bin/base.pl" }

my $found;
BEGIN { $found = \&auth }
sub auth { print "looking for $_[0]\n"; return $found->(@_) }

main();
