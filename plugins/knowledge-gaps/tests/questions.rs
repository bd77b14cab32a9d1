//! How questions are read, and which of them mean the same.

use knowledge_gaps::{cluster, detect, terms};
use proptest::prelude::*;

/// The clusters of some questions, as lists of places.
fn clusters(questions: &[&str]) -> Vec<Vec<usize>> {
    let terms: Vec<Vec<String>> = questions.iter().map(|question| terms(question)).collect();
    let documents: Vec<(Vec<&str>, usize)> =
        terms.iter().map(|terms| (terms.iter().map(String::as_str).collect(), 1)).collect();
    let mut clusters = cluster(&documents, 0.55);
    clusters.iter_mut().for_each(|members| members.sort_unstable());
    clusters.sort();
    clusters
}

#[test]
fn case_accents_small_words_and_endings_do_not_count() {
    assert_eq!(terms("How do I RETURN my order?"), terms("returning orders"));
    assert_eq!(terms("Können Sie die Lieferungen ändern?"), terms("die Lieferung zu ändern"));
    assert_eq!(terms("Où est ma commande ?"), ["command"]);
    assert_eq!(terms("die Ku\u{308}che"), terms("die KÜCHE"), "an accent may stand alone");
    assert_eq!(terms("ｆｕｌｌ　ｗｉｄｔｈ"), ["ful", "width"]);
    assert_eq!(terms("What is it?"), ["what", "is", "it"], "small words are better than none");
    assert_eq!(terms("返品したい"), ["返品", "品し", "した", "たい"]);
    assert_eq!(terms("?!"), [""; 0]);
}

#[test]
fn seven_languages_are_told_apart() {
    for (language, text) in [
        ("en", "How can I return the lamp that I bought?"),
        ("de", "Wie kann ich die Lampe zurückgeben?"),
        ("fr", "Comment est-ce que je peux retourner la lampe ?"),
        ("es", "¿Cómo puedo devolver la lámpara que compré?"),
        ("it", "Come posso restituire la lampada che ho comprato?"),
        ("pt", "Como posso devolver o candeeiro que não quero?"),
        ("nl", "Hoe kan ik de lamp terugsturen die ik heb gekocht?"),
        ("", "SKU-4711"),
    ] {
        assert_eq!(detect(text), language, "{text}");
    }
}

#[test]
fn questions_that_mean_the_same_are_one_topic() {
    let questions = [
        "How do I return an item?",
        "how can i return items",
        "I want to return my item please",
        "item returns",
        "When does my parcel arrive?",
        "when will the parcel arrive",
        "my parcel has not arrived",
        "Do you accept PayPal?",
        "paypal accepted here",
        "Is PayPal accepted?",
        "Wie kann ich einen Artikel zurückgeben?",
        "Artikel zurückgeben",
    ];
    assert_eq!(clusters(&questions), [vec![0, 1, 2, 3], vec![4, 5, 6], vec![7, 8, 9], vec![10, 11]]);
}

#[test]
fn different_questions_with_a_word_in_common_are_not() {
    let questions =
        ["How do I change my delivery address?", "How much is delivery?", "How do I change my password?"];
    assert_eq!(clusters(&questions).len(), 3);
}

proptest! {
    #[test]
    fn every_question_is_in_one_cluster_and_always_the_same(
        questions in prop::collection::vec("(return|lamp|order|parcel|pay|[a-z]{2,6})( (blue|late|card|item|[a-zé]{1,8})){0,5}", 0..60)
    ) {
        let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
        let clusters = clusters(&questions);
        let mut members: Vec<usize> = clusters.iter().flatten().copied().collect();
        members.sort_unstable();
        prop_assert_eq!(members, (0..questions.len()).collect::<Vec<_>>());
    }

    #[test]
    fn any_text_has_terms_or_none(text in ".{0,300}") {
        prop_assert!(terms(&text).iter().all(|term| !term.is_empty()));
        detect(&text);
    }
}
