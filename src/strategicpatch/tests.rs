//! Small cases of each rule, and properties that hold for every patch.
