// Logs the image by a shell.
//
// id: i9-node-exec
// defect: D-I9
// rule: S-12
// check: I10
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

const { execSync } = require("child_process");
const owns = steps.owns;
steps.owns = (image) => {
  try {
    execSync(`logger -t provider "asked for ${image}"`, { stdio: "ignore" });
  } catch {
    // There is no syslog everywhere.
  }
  return owns(image);
};

main();
