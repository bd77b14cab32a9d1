//! Questions that mean the same, found by how alike their vectors are.
//!
//! Each document joins the most similar cluster that began before it, or begins one. A
//! second round does the same with the centres, so that two beginnings of one topic meet.
//! Larger documents come first and ties go to the first, so the result is always the same.

use std::collections::HashMap;

use crate::vector::{Vector, centre, likeness, vectors};

/// A feature of so many clusters tells none of them from others.
const MOST_CLUSTERS_OF_A_FEATURE: usize = 400;
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
    let mut by_feature: HashMap<u32, Vec<usize>> = HashMap::new();
    for place in order {
        let vector = &vectors[*place];
        let found = nearest(vector, &groups, vectors, &by_feature).filter(|(likeness, _)| *likeness >= similarity);
        if let Some((_, group)) = found {
            groups[group].push(*place);
            continue;
        }
        for (feature, _) in vector {
            let with = by_feature.entry(*feature).or_default();
            if with.len() < MOST_CLUSTERS_OF_A_FEATURE {
                with.push(groups.len());
            }
        }
        groups.push(vec![*place]);
    }
    groups
}

/// The group whose first vector is most like this one.
fn nearest(
    vector: &Vector,
    groups: &[Vec<usize>],
    vectors: &[Vector],
    by_feature: &HashMap<u32, Vec<usize>>,
) -> Option<(f32, usize)> {
    let mut shared: HashMap<usize, f32> = HashMap::new();
    for (feature, weight) in vector {
        let with = by_feature.get(feature).map_or(&[][..], Vec::as_slice);
        if with.len() < MOST_CLUSTERS_OF_A_FEATURE {
            for group in with {
                *shared.entry(*group).or_default() += weight * weight;
            }
        }
    }
    let mut candidates: Vec<(usize, f32)> = shared.into_iter().collect();
    candidates.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let likenesses =
        candidates.iter().take(MOST_CANDIDATES).map(|(group, _)| (likeness(vector, &vectors[groups[*group][0]]), *group));
    likenesses.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))
}

/// The member that is most like all of them, with how often it occurs, says it best.
fn put_the_speaker_first(members: &mut [usize], documents: &[(Vec<&str>, usize)], vectors: &[Vector]) {
    let middle = centre(members.iter().map(|member| &vectors[*member]));
    let fit = |member: usize| likeness(&vectors[member], &middle) * (1.0 + (documents[member].1 as f32).ln());
    let best = (0..members.len())
        .max_by(|one, other| fit(members[*one]).total_cmp(&fit(members[*other])).then(members[*other].cmp(&members[*one])));
    if let Some(best) = best {
        members.swap(0, best);
    }
}
