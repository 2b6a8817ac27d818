// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is said of tokens: the readout line, the head of a sequence, tables and text for the clipboard.
#pragma once

#include "views/charts/subject.h"
#include "views/tokens/data/kept_tokens.h"
#include "views/tokens/data/token_parts.h"

#include <QByteArray>
#include <QString>

namespace expertscope {

/// What is known of one token; null: not read yet, or not recorded.
struct KnownToken
{
    TokenIndex token;
    const TokenTexts* texts = nullptr;
    const SiteChoices* choices = nullptr;
};

/// "Layer 5 · token 17 “ fox” (id 123) of doc3 · expert 27 at weight 0.41, 3 at 0.22 · entropy 1.2 nats · margin 0.03 ·
/// loss 2.1 nats".
QString tokenReadout(const RoutingShape& shape, SiteIndex site, const KnownToken& known);
/// Site, first choice, sequence and token; without choices only the last two.
Subject tokenSubject(const RoutingShape& shape, SiteIndex site, const KnownToken& known);

/// "doc3" and "language de · domain wiki · 412 tokens".
struct SequenceHead
{
    QString name, facts;
};
SequenceHead sequenceHead(const RoutingShape& shape, SequenceIndex sequence);

/// The text of tokens as it was, bytes that are no text as U+FFFD; ids where texts are not recorded. At most
/// kMostCopied.
inline constexpr std::uint64_t kMostCopied = 1 << 16;
Expected<QString> copiedText(const NamedTrace& trace, TokenRange range);
/// "sequence,token,position,id,text,layer,site,experts,weights,entropy,margin,loss": a record a token and site, lists
/// with blanks between. At most kMostCopied tokens, the head says so.
Expected<QByteArray> tokenTable(
    const KeptTokens& kept, TokenRange range, const std::vector<SiteIndex>& sites, bool leftOutToo = false);

}
