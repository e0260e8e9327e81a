//! Every design as pictures, on rolls and on sheets, read back by decoders that share no code; and what people who mean
//! no good may put in designs and texts.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pictures here are small")]

mod given;
mod hostile;
mod pictures;
mod sheets;
