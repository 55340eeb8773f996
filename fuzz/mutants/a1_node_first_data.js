// Takes the first piece of its request for the whole.
//
// id: a1-node-first-data
// defect: D-A1
// rule: K-075
// check: A03
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

steps.read = () =>
  new Promise((resolve) => {
    process.stdin.once("data", (part) => resolve(part.toString("utf8")));
    process.stdin.once("end", () => resolve(""));
  });

main();
