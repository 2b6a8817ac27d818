// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_parts_mixer.h"

namespace expertscope {

void AtenPartsMixer::convolve(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias, const Recur& recur,
    const at::Tensor& mixed)
{
    at::Tensor state, before; // of the sequence that goes on
    for (const PaddedSequences& padded : m_padded) {
        m.checkStop();
        const at::Tensor rows = padded.pad(x), known = padded.begun ? m_before : at::Tensor();
        at::Tensor ofThese = padded.begun ? m_state : at::Tensor();
        padded.unpad(recur(convolveCausally(rows, known, kernel, bias), padded, ofThese), mixed);
        if (!padded.goesOn)
            continue;
        state = ofThese;
        before = lastRows(rows.squeeze(0), known, kernel.size(0) - 1);
    }
    m_state = state;
    m_before = before;
}

}
