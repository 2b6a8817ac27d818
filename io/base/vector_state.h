// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace expertscope {

/// Gives back the upper halves of the vector registers. Code for AVX that returns without doing so (Qt's, when it starts and
/// when it fills a picture) leaves them in use, and as long as they are, arithmetic that was compiled without AVX
/// takes many times as long: sums of log() 25 times on a Sapphire Rapids. Threads inherit that from the one that starts them.
/// To be called where computing begins in a thread that was elsewhere before.
void freeUpperHalves();

}
