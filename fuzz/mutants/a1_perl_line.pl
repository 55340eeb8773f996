# Reads one line of its request, the way Perl reads unless it is told otherwise.
#
# id: a1-perl-line
# defect: D-A1
# rule: K-075
# check: A01
# setup: node

package Base;
use strict;
use warnings;
no warnings "redefine";
use FindBin;
BEGIN { require "$FindBin::Bin/base.pl" }

sub read_request { return scalar(<STDIN>) // "" }

main();
