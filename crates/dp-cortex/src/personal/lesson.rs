//! The whole lesson: the teacher embeds the sample, a table is fitted to most of it, and the rest judges
//! whether that was worth it. Passages in, a model and a judgement out; changing models is left to others.

use super::{
    Agreement, FitOptions, PersonalError, PersonalModel, Stage, Watch, agreement, fit, fit::PASSAGES_LEAST,
    tell,
};
use crate::embed::{Purpose, TextEmbedder, static_table::StaticModel};

/// Every tenth passage judges, but no more than this many: they are all compared with one another.
const HELD_OUT_SHARE: usize = 10;
const HELD_OUT_MAX: usize = 1_000;
/// Passages that the teacher gets at once: small, so that whoever watches may pause it often.
const TEACHER_BATCH: usize = 16;

/// What came of a lesson.
#[derive(Debug)]
pub struct Lesson {
    /// The fitted model.
    pub model: PersonalModel,
    /// How it compares with the generic one on passages that it didn't learn from.
    pub agreement: Agreement,
}

/// Fits `generic` to `teacher` on these passages, as [`super::choose_sample`] gives them. Takes as long as the
/// teacher needs for them, and a few seconds.
///
/// # Errors
/// When there are too few passages, a model fails, or `watch` says to stop.
pub fn personalise(
    name: &str,
    sample: Vec<String>,
    teacher: &dyn TextEmbedder,
    generic: &StaticModel,
    options: &FitOptions,
    watch: &mut Watch<'_>,
) -> Result<Lesson, PersonalError> {
    let held_out = (sample.len() / HELD_OUT_SHARE).min(HELD_OUT_MAX);
    if sample.len() - held_out < PASSAGES_LEAST {
        return Err(PersonalError::TooFew { given: sample.len(), least: PASSAGES_LEAST * 10 / 9 + 1 });
    }
    let vectors = teach(&sample, teacher, watch)?;
    let (judging, learning) = sample.split_at(held_out);
    let (wanted, taught) = vectors.split_at(held_out);
    let model = fit(name, learning, (teacher.model(), taught), generic, options, watch)?;

    tell(watch, Stage::Judging, 0, 2)?;
    let texts: Vec<&str> = judging.iter().map(String::as_str).collect();
    let generic = agreement(wanted, &generic.embed(&texts, Purpose::Passage)?);
    tell(watch, Stage::Judging, 1, 2)?;
    let fitted = agreement(wanted, &model.embed(&texts, Purpose::Passage)?);
    tell(watch, Stage::Judging, 2, 2)?;
    Ok(Lesson { model, agreement: Agreement { passages: held_out, generic, fitted } })
}

fn teach(
    sample: &[String],
    teacher: &dyn TextEmbedder,
    watch: &mut Watch<'_>,
) -> Result<Vec<Vec<f32>>, PersonalError> {
    let mut vectors = Vec::with_capacity(sample.len());
    // A teacher works fastest on texts of like lengths.
    let mut order: Vec<usize> = (0..sample.len()).collect();
    order.sort_by_key(|at| (sample[*at].len(), *at));
    vectors.resize(sample.len(), Vec::new());
    for (batch, places) in order.chunks(TEACHER_BATCH).enumerate() {
        tell(watch, Stage::Teaching, batch * TEACHER_BATCH, sample.len())?;
        let texts: Vec<&str> = places.iter().map(|place| sample[*place].as_str()).collect();
        let made = teacher.embed(&texts, Purpose::Passage)?;
        if made.len() != places.len() {
            return Err(PersonalError::Teacher(format!(
                "{} vectors for {} passages",
                made.len(),
                places.len()
            )));
        }
        for (place, vector) in places.iter().zip(made) {
            vectors[*place] = vector;
        }
    }
    tell(watch, Stage::Teaching, sample.len(), sample.len())?;
    Ok(vectors)
}
