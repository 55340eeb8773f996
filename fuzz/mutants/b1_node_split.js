// Splits an apiVersion that is not there.
//
// id: b1-node-split
// defect: D-B1, D-I1
// rule: S-17
// check: B05
// setup: workload

"use strict";
const { steps, main, Refused } = require("./base.js");

const check = steps.check;
steps.check = (request) => {
  const version = request.apiVersion.split("/")[1];
  if (version !== "v1") throw new Refused("the request is of another version than v1");
  check(request);
};

main();
