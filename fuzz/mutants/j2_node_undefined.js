// Makes a text of a member that is not there.
//
// id: j2-node-undefined
// defect: D-J2
// rule: X-140
// check: J02
// setup: workload

"use strict";
const { steps, main, Refused } = require("./base.js");

steps.accept = (status, text) => {
  if (status !== 200) throw new Refused(`the exchange answered with status ${status}`);
  const given = steps.parse(text, "the exchange's reply");
  return { ...given, username: `${given.username}`, access_token: `${given.access_token}` };
};

main();
