// Logs the whole reply of the exchange, also when all is well.
//
// id: h1-node-logs
// defect: D-H1
// rule: S-12
// check: H10
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

const accept = steps.accept;
steps.accept = (status, text) => {
  console.error(`exchange: ${status} ${text}`);
  return accept(status, text);
};

main();
