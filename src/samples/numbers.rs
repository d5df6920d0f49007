//! Numbers with right check digits, different for different clients.

/// Multiplying by an odd number that is no multiple of five permutes the numbers below any power
/// of ten, so neighbours look unrelated and nobody's number repeats.
const STRIDE: u64 = 7_368_787;

fn permuted(seed: u64, index: u64, below: u64) -> u64 {
    (index.wrapping_add(seed % 1_000_003) % below) * STRIDE % below
}

fn weighted(digits: &[u64], weights: &[u64]) -> u64 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn digits(number: u64, width: usize) -> Vec<u64> {
    format!("{number:0width$}").bytes().map(|byte| u64::from(byte - b'0')).collect()
}

fn text(digits: &[u64]) -> String {
    digits.iter().map(u64::to_string).collect()
}

/// A mobile number in E.164. Different for the first ten million clients.
pub(super) fn mobile(seed: u64, index: u64) -> String {
    const CODES: [u64; 12] = [903, 905, 909, 910, 915, 916, 921, 926, 950, 960, 981, 999];
    let code = CODES[usize::try_from(index % 12).unwrap_or(0)];
    format!("+7{code}{:07}", permuted(seed, index, 10_000_000))
}

/// A land line as people write it.
pub(super) fn landline(seed: u64, index: u64, area_code: u32) -> String {
    let width = if area_code >= 1000 { 6 } else { 7 };
    let below = 10_u64.pow(width);
    let number = permuted(seed ^ 0x5bd1, index, below);
    format!("8 ({area_code}) {number:0width$}", width = width as usize)
}

/// The six digits of a passport.
pub(super) fn passport_number(seed: u64, index: u64) -> String {
    format!("{:06}", permuted(seed, index, 1_000_000).max(1))
}

/// INN of a person.
pub(super) fn inn_person(seed: u64, index: u64) -> String {
    let region = 10 + index % 80;
    let mut all = digits(region, 2);
    all.extend(digits(permuted(seed, index, 100_000_000), 8));
    all.push(weighted(&all, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10);
    all.push(weighted(&all, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10);
    text(&all)
}

/// INN of an organisation.
pub(super) fn inn_organisation(seed: u64, index: u64) -> String {
    let mut all = digits(7700 + index % 90, 4);
    all.extend(digits(permuted(seed, index, 100_000), 5));
    all.push(weighted(&all, &[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10);
    text(&all)
}

/// OGRN of an organisation.
pub(super) fn ogrn(seed: u64, index: u64) -> String {
    let number = 102_770_000_000 + permuted(seed, index, 1_000_000);
    format!("{number}{}", number % 11 % 10)
}

/// SNILS, above the numbers without check digits.
pub(super) fn snils(seed: u64, index: u64) -> String {
    let number = 2_000_000 + permuted(seed, index, 100_000_000);
    let body = digits(number, 9);
    let sum = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let check = if sum < 100 { sum } else { sum % 101 % 100 };
    format!("{number:09}{check:02}")
}
