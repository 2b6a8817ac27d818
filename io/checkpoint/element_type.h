// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace expertscope {

/// How one element of a tensor is stored. Other: known to the format, but nothing here computes with it.
enum class ElementType : std::uint8_t
{
    F32,
    F16,
    BF16,
    F64,
    I64,
    I32,
    I16,
    I8,
    U8,
    U16,
    U32,
    U64,
    Bool,
    F8E4M3,
    F8E5M2,
    Other
};
std::size_t elementBits(ElementType type); ///< 0 for Other
const char* elementName(ElementType type); ///< as safetensors spells it: "BF16"

}
