// Logs the annotations by a shell.
//
// id: i9-node-annotations
// defect: D-I9
// rule: S-12
// check: I09
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

const { execSync } = require("child_process");
const check = steps.check;
steps.check = (request) => {
  check(request);
  for (const [key, value] of Object.entries(request.serviceAccountAnnotations || {})) {
    execSync(`echo ${key}=${value} || true`, { stdio: "ignore" });
  }
};

main();
