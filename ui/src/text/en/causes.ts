/** English: why a call could not be judged or heard, by code. */
export default {
  cause: {
    unexpected: 'A fault of the programme: {detail}',
    fact_lacks: 'On the timeline “{fact}” at {at} lacks “{field}”, so the call is not judged.',
    fact_unclear: 'On the timeline “{fact}” at {at} cannot be understood, so the call is not judged.',
    under_way: 'The call is not over; it is transcribed afterwards.',
    not_recorded: 'This call was not recorded. Rules about words are not judged; all others are.',
    recording_failed: 'The recording failed. Rules about words are not judged; all others are.',
    recording_short: 'The recording is shorter than half a second: there is nothing to transcribe.',
    no_recogniser:
      'No transcription runs at the moment, so rules about words are not judged. Once an administrator starts huawu worker it is made up for.',
    before_recogniser:
      'This call is older than transcription here and is left out. Rules about words are not judged; all others are.',
    not_for_you: 'Your role may not read the transcript of this call.',
    load_failed: 'The transcript could not be loaded. Reload the page in a moment.',
    hearing_broke_off:
      'Transcription broke off {n} times. Have it tried again; if that does not help, tell the administrator.',
    file_gone: 'The recording’s file is not there: it was deleted or moved.',
    file_locked: 'The recording’s file cannot be opened ({detail}). Tell the administrator.',
    sound_empty: 'The recording’s file has no sound in it.',
    sound_no_wav: 'The recording’s file is damaged: it is no WAV file.',
    sound_coding: 'The coding of the recording’s file is not known.',
  },
}
