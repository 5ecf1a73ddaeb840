// SPDX-License-Identifier: GPL-3.0-or-later
//! Counting and summing up.

use std::collections::HashMap;

/// How often each key came, and a sum next to it.
#[derive(Default)]
pub struct Tally {
    counts: HashMap<String, (u64, f64)>,
}

impl Tally {
    pub fn add(&mut self, key: &str, amount: f64) {
        if let Some(entry) = self.counts.get_mut(key) {
            entry.0 += 1;
            entry.1 += amount;
        } else {
            self.counts.insert(key.to_string(), (1, amount));
        }
    }

    pub fn different(&self) -> usize {
        self.counts.len()
    }

    /// The most frequent keys: (key, count, sum), equal counts by key, so that the order never depends on the hash.
    pub fn top(&self, n: usize) -> Vec<(&str, u64, f64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(key, (count, sum))| (key.as_str(), *count, *sum)).collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(n);
        all
    }

    /// Every key in order.
    pub fn sorted(&self) -> Vec<(&str, u64, f64)> {
        let mut all = self.top(usize::MAX);
        all.sort_unstable_by(|a, b| a.0.cmp(b.0));
        all
    }
}

/// All values of a number, for order statistics.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    values: Vec<f64>,
    sum: f64,
}

impl Sample {
    pub fn add(&mut self, value: f64) {
        self.values.push(value);
        self.sum += value;
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.values.len() as f64
    }

    pub fn deviation(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.values.iter().map(|v| (v - mean) * (v - mean)).sum();
        (squares / (self.values.len().max(2) - 1) as f64).sqrt()
    }

    /// Quantiles by nearest rank; an empty sample has none.
    pub fn quantiles(&mut self, ranks: &[f64]) -> Vec<f64> {
        self.values.sort_unstable_by(f64::total_cmp);
        let n = self.values.len();
        if n == 0 {
            return Vec::new();
        }
        ranks.iter().map(|q| self.values[((q * n as f64).ceil() as usize).clamp(1, n) - 1]).collect()
    }
}

/// Counts by power of two.
#[derive(Default)]
pub struct Histogram {
    bins: Vec<u64>,
}

impl Histogram {
    pub fn add(&mut self, value: u64) {
        let bin = (64 - value.leading_zeros()) as usize;
        if self.bins.len() <= bin {
            self.bins.resize(bin + 1, 0);
        }
        self.bins[bin] += 1;
    }

    /// (lowest value of the bin, count) from the first bin to the last that holds something.
    pub fn bins(&self) -> Vec<(u64, u64)> {
        let first = self.bins.iter().position(|n| *n > 0).unwrap_or(0);
        let low = |bin: usize| if bin == 0 { 0 } else { 1u64 << (bin - 1) };
        self.bins.iter().enumerate().skip(first).map(|(bin, n)| (low(bin), *n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut sample = Sample::default();
        (1..=100).rev().for_each(|v| sample.add(f64::from(v)));
        assert_eq!(sample.quantiles(&[0.0, 0.5, 0.99, 1.0]), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(sample.mean(), 50.5);
        assert!((sample.deviation() - 29.011_491_975_882_016).abs() < 1e-12);
        assert!(Sample::default().quantiles(&[0.5]).is_empty());
    }

    #[test]
    fn top_breaks_ties_by_key() {
        let mut tally = Tally::default();
        for key in ["b", "a", "c", "c"] {
            tally.add(key, 2.0);
        }
        assert_eq!(tally.top(2), [("c", 2, 4.0), ("a", 1, 2.0)]);
    }

    #[test]
    fn histogram_bins_are_powers_of_two() {
        let mut h = Histogram::default();
        [1, 2, 3, 4, 1023].iter().for_each(|v| h.add(*v));
        assert_eq!(h.bins().first(), Some(&(1, 1)));
        assert_eq!(h.bins()[1], (2, 2));
        assert_eq!(h.bins().last(), Some(&(512, 1)));
    }
}
