/** Why a call could not be judged or heard, by code. */
export default {
  cause: {
    unexpected: '程序出错：{detail}',
    fact_lacks: '时间线上 {at} 的“{fact}”缺少“{field}”，整通没有评判。',
    fact_unclear: '时间线上 {at} 的“{fact}”读不懂，整通没有评判。',
    under_way: '通话还没有结束，结束后自动转写。',
    not_recorded: '这通通话没有录音。看用语的规则不评判，其余照常。',
    recording_failed: '录音没有录成。看用语的规则不评判，其余照常。',
    recording_short: '录音不到半秒，没有可转写的内容。',
    no_recogniser: '现在没有转写进程在运行，用语规则不评判。请管理员启动 huawu worker，之后会补上。',
    before_recogniser: '这通通话早于开始转写的时间，不再转写。看用语的规则不评判，其余照常。',
    not_for_you: '您的角色不能查看这通通话的转写文字。',
    load_failed: '转写文字没能取到。请稍后刷新页面再看。',
    hearing_broke_off: '转写了 {n} 次都中途断开。可以让系统重试，仍不行请交给系统管理员。',
    file_gone: '录音文件不在原处，可能已被删除或移走。',
    file_locked: '录音文件打不开（{detail}）。请交给系统管理员。',
    sound_empty: '录音文件里没有声音。',
    sound_no_wav: '录音文件已损坏：不是 WAV 格式。',
    sound_coding: '录音文件的编码无法识别。',
  },
}
