// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the bytes of an HDF5 file that is made get to it. HDF5 keeps what it could not write and tries again when the
// program ends, by then in structures that it has freed: on a full disk every command crashed. So it never hears of a
// failure: the first one is kept here, what follows it is dropped, and who makes the file asks.
#pragma once

#include "io/trace/hdf5_handle.h"

namespace expertscope::hdf5 {

/// The file that is made, and how it goes.
struct OutputBytes
{
    int descriptor = -1; ///< of an empty file, open for reading and writing; not closed
    int error = 0; ///< errno of the first failure
};

/// `bytes` must outlive what is returned.
Expected<Handle> createForWriting(OutputBytes& bytes, hid_t creation, const std::string& path);

}
