// Asks null for its members.
//
// id: a5-node-null
// defect: D-A5, D-I1
// rule: S-17
// check: A06
// setup: workload

"use strict";
const { steps, main, Refused } = require("./base.js");

steps.parse = (text, what) => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(`${what} is not JSON`);
  }
};

main();
