# Has a shell take the registry off the image.
#
# id: i9-perl-backtick
# defect: D-I9
# rule: S-12
# check: I10
# setup: node

package Base;
use strict;
use warnings;
no warnings "redefine";
use FindBin;
BEGIN { require "$FindBin::Bin/base.pl" }

sub host { my ($image) = @_; my $host = `echo $image | cut -d/ -f1`; chomp $host; return $host }

main();
