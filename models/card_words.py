"""The words of a model's card; `models.card_text` fills in the figures."""

COMPARISON = """
## Compared with

Folds {folds} (from 0) of the same cross-validation, {passes} passes, seed {seed}; `python -m
models.compare` repeats it. κ with its interval; each probability as it comes, without a
temperature.

{table}
"""

SIMULATED = """
The same on {nights} simulated nights of {hours:g} h that go through the whole live path, signal in,
one step every 5 s, by the model that is shipped (`python -m models.replay`). They tell how the
stage flickers between epochs and how soon a change is seen, not how well people are staged.

{table}
"""

TRANSFER = """
## Another laboratory

{recordings} patients with apnoea, C3-A2 or C4-A1 in units nobody calibrated, {epochs} epochs of
wake and N3 torn out of their nights (St Vincent's University Hospital / University College Dublin
sleep apnea database, PhysioNet, ODC-By 1.0); the shipped model, which saw nothing of them, through
a session with the gaps as lost signal (`python -m models.transfer`). Staged: {staged:.3f}. Of
these, wake as wake {wake:.3f}, N3 as any sleep {sleep:.3f}, balanced accuracy {balanced:.3f}; N3 as
N3 {n3:.3f}.
"""

PERSONAL = """
## Personal calibration

`dreamwatch calibrate` fits a temperature and a bias for each stage to one night of a wearer that a
human scored; the model stays as it is. Measured on the subjects of two nights: fitted to one,
tried on the other, both ways, with a model that saw neither. The interval of the change is 95 %, by
bootstrap over subjects; worse and better are the shares of subjects whose own κ falls or rises by
more than 0.01. What is shipped is "scored"; the others were tried and left out. "Unscored" needs
no human: it follows the stage shares of the night (Saerens et al. 2002).

{table}
"""

CARD = """# Model card: {name} {version}

Written by `dreamwatch train` on {date}; `stager.json` holds the same for machines, and
`python -m models.card` writes this page anew from it.

## What it does

Stages 30-s epochs of sleep EEG as wake, N1, N2, N3 or REM while they happen: each epoch is scored
from itself and what came before, never from what follows. It sees any number of EEG derivations,
with or without EOG, as the logarithm of the power in five bands. Every input is a difference in
which a constant of the recording and channel cancels, so units and amplifier gain do not matter.
One recurrent unit reads each channel, a second one follows the sleeper from the weighted mean over
the channels that are usable now; networks of this kind in the model, their logits averaged:
{members}. It is not a medical device.

## Data

{data}.

{n_subjects} subjects, {nights} nights, {epochs} scored 30-s epochs of Fpz-Cz, Pz-Oz and EOG, each
night from half an hour before sleep to half an hour after. Healthy adults of one study, scored
after Rechtschaffen and Kales with S3 and S4 as N3.

## Recipe

- Signal: {filter}, {low_hz:g} to {high_hz:g} Hz.
- Of each {epoch_s}-s epoch and channel: power in {bands} Hz ({spectrum}, {window_s:g} s; {power}).
- What the network sees: each band minus the mean of bands; minus its running means over the past
  {memories} epochs; the last of these in standard deviations; how much was seen.

Trained on random crops of one to four hours that begin with the recording or anywhere in the
night, some with a piece cut out (a reconnect), some put together from pieces in any order; half of
the batches show one EEG channel only, the others all three with channels missing throughout or for
a while, weighed at random; a random spectral tilt and band offset per recording and channel; noise
on every feature. {passes} passes, seed {seed}, moving average of the weights. A
temperature ({temperature}) and a bias for each stage ({bias}) were fitted to
the cross-validation's predictions and are part of the model.

## Marks

Subject-wise {folds}-fold cross-validation on the same table; no subject is in both halves of a
split. `dreamwatch evaluate --cross-validate` repeats it.

{marks}

## Results

κ is Cohen's, pooled over all epochs, with a 95 % interval by bootstrap over subjects; ECE is the
expected calibration error; "staged" is the share of scored epochs that was given a stage. The
set-ups that lose a channel, and the one they are to be compared with, count the second half of each
night only.

{setups}

Human scorers agree with each other at κ .69 to .76 (N1 .24).

Precision / recall / F1 of each stage:

{per_stage}

Epochs from Fpz-Cz:

{confusion}

## The live stage

A stage is published when it is likelier than the one shown by {margin:g}, or leads it by {lead:g}
on the average of the last {hold:g} s. Measured here in steps of 30 s, as the table has them; a
stage can be known 30 s after the onset of its first epoch at the earliest. A shown change is true
when it matches a change of the human stages to the same stage, {early:g} s before to {late:g} s
after its onset, each matched once; all others are false, also those that take an error back.
"Found" is the share of true changes that was shown, the delays are theirs; "lasting" is the same
share of those changes after which the stage lasted {lasting:g} s or longer.

{live}
{simulation}{other_laboratory}{personal}
## Plots

{plots}
{comparison}
## Limits

- One study of healthy adults. No children, no sleep disorder, no drug that changes the EEG was
  seen.
- N1 is found rarely, as by people. Figures pool all epochs; a single night can be far worse.
- Short spells of a stage are often not shown at all: see the share of true changes found.
- In a recording that begins in mid-sleep it knows nothing of the sleeper's wake; see the cold
  start above. What it forgets it needs: see the set-ups in which all is forgotten.
- It scores what the electrodes deliver; whether a channel is usable must be decided before.
"""
