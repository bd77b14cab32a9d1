//! Questions that mean the same, found by how alike their vectors are.
//!
//! Each document joins the most similar cluster that began before it, or begins one. A
//! second round does the same with the centres, so that two beginnings of one topic meet.
//! Larger documents come first and ties go to the first, so the result is always the same.

use std::collections::HashMap;

use crate::vector::{Vector, centre, likeness, vectors};

/// A feature of so many clusters tells none of them from others.
const MOST_CLUSTERS_OF_A_FEATURE: usize = 400;
/// Questions of one topic share at least one of so many features that tell most of each.
const MARKS: usize = 12;
/// So many candidates are looked at in full.
const MOST_CANDIDATES: usize = 40;

/// The clusters of some documents (lists of terms, and how often each occurs), as lists of
/// places: largest first, and in each the document that stands for it first.
pub fn cluster(documents: &[(Vec<&str>, usize)], similarity: f32) -> Vec<Vec<usize>> {
    let terms: Vec<Vec<&str>> = documents.iter().map(|(terms, _)| terms.clone()).collect();
    let vectors = vectors(&terms);
    let size = |members: &[usize]| members.iter().map(|member| documents[*member].1).sum::<usize>();
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(documents[*place].1), *place));

    let mut first = lead(&order, &vectors, similarity);
    first.sort_by_key(|members| (std::cmp::Reverse(size(members)), members[0]));
    let centres: Vec<Vector> =
        first.iter().map(|members| centre(members.iter().map(|member| &vectors[*member]))).collect();
    let all: Vec<usize> = (0..first.len()).collect();
    let mut clusters: Vec<Vec<usize>> = lead(&all, &centres, similarity)
        .into_iter()
        .map(|group| group.into_iter().flat_map(|place| std::mem::take(&mut first[place])).collect())
        .collect();
    for members in &mut clusters {
        put_the_speaker_first(members, documents, &vectors);
    }
    clusters.sort_by_key(|members| (std::cmp::Reverse(size(members)), members[0]));
    clusters
}

/// Groups of vectors around the first of each, in the order given.
fn lead(order: &[usize], vectors: &[Vector], similarity: f32) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut index = Index::default();
    for place in order {
        let vector = &vectors[*place];
        let marks = marks(vector);
        let likenesses = index
            .candidates(&marks, groups.len())
            .into_iter()
            .map(|group| (likeness(vector, &vectors[groups[group][0]]), group))
            .filter(|(likeness, _)| *likeness >= similarity);
        let nearest = likenesses.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        match nearest {
            Some((_, group)) => groups[group].push(*place),
            None => {
                index.add(&marks, groups.len());
                groups.push(vec![*place]);
            }
        }
    }
    groups
}

/// The features that tell most of a vector.
fn marks(vector: &Vector) -> Vector {
    let mut marks = vector.clone();
    marks.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    marks.truncate(MARKS);
    marks
}

/// Which groups have which marks.
#[derive(Default)]
struct Index {
    groups: HashMap<u32, Vec<usize>>,
}

impl Index {
    fn add(&mut self, marks: &Vector, group: usize) {
        for (feature, _) in marks {
            let with = self.groups.entry(*feature).or_default();
            if with.len() < MOST_CLUSTERS_OF_A_FEATURE {
                with.push(group);
            }
        }
    }

    /// The groups that share most of some marks, of those that so many groups have.
    fn candidates(&self, marks: &Vector, groups: usize) -> Vec<usize> {
        let mut shared = vec![0.0_f32; groups];
        let mut touched = Vec::new();
        for (feature, weight) in marks {
            let with = self.groups.get(feature).map_or(&[][..], Vec::as_slice);
            for group in with.iter().filter(|_| with.len() < MOST_CLUSTERS_OF_A_FEATURE) {
                if shared[*group] == 0.0 {
                    touched.push(*group);
                }
                shared[*group] += weight * weight;
            }
        }
        touched.sort_unstable_by(|one, other| shared[*other].total_cmp(&shared[*one]).then(one.cmp(other)));
        touched.truncate(MOST_CANDIDATES);
        touched
    }
}

/// The member that is most like all of them, with how often it occurs, says it best.
fn put_the_speaker_first(members: &mut [usize], documents: &[(Vec<&str>, usize)], vectors: &[Vector]) {
    let middle = centre(members.iter().map(|member| &vectors[*member]));
    let fit = |member: usize| likeness(&vectors[member], &middle) * (1.0 + (documents[member].1 as f32).ln());
    let best = (0..members.len()).max_by(|one, other| {
        fit(members[*one]).total_cmp(&fit(members[*other])).then(members[*other].cmp(&members[*one]))
    });
    if let Some(best) = best {
        members.swap(0, best);
    }
}
