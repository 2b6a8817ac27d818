// SPDX-License-Identifier: GPL-3.0-or-later
//
// fp32 tensors as the CPU's loops see them. For .cpp files of io/backend only.
#pragma once

#include "io/backend/torch_compat.h"

namespace expertscope {

inline float* data(const at::Tensor& t)
{
    return t.data_ptr<float>();
}

inline float* row(const at::Tensor& t, std::int64_t r)
{
    return data(t) + r * t.stride(0);
}

/// Grows and never shrinks; contents are not kept.
inline at::Tensor& grown(at::Tensor& t, std::int64_t rows, std::int64_t columns)
{
    if (!t.defined() || t.size(0) < rows || t.size(1) != columns)
        t = at::empty({rows, columns}, at::kFloat);
    return t;
}

}
