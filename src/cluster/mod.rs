//! Answers questions about clusters from saved documents: one file or folder per question. All of them read the same
//! objects (`saved`), and none needs a connection.

pub mod saved;
