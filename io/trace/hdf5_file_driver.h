// SPDX-License-Identifier: GPL-3.0-or-later
//
// How HDF5 gets at the bytes of a trace that is read. HDF5's 1.10 format guards all its metadata by checksums except
// the heaps that variable-length text lies in, and the library believes whatever it finds there: a flipped bit made it
// read and write outside of its memory or loop forever (found by fuzz_trace_open). This driver checks those heaps
// before the library sees them.
#pragma once

#include "io/trace/hdf5_handle.h"

namespace expertscope::hdf5 {

/// Opens for reading only. Refuses what is no regular file, files of before the 1.10 format, which have no checksums at all, and addresses and
/// lengths that are not of 8 bytes, which HDF5 never writes on today's machines.
Expected<Handle> openForReading(const std::string& path);

/// Is it an HDF5 file whose attribute `format` is this?
bool isOfFormat(const std::string& path, std::string_view format);

/// The descriptor that a file opened here is read by; closed with it.
int descriptorOf(const Handle& file);

}
