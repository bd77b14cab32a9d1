//! New write keys.

/// A key of 128 random bits.
pub fn new_key() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("hk_{digits}")
}
