// SPDX-License-Identifier: GPL-3.0-or-later
//
// How charts say numbers and places: one grammar for all readouts ("where · what · value (uniform) · n") and one head
// for all tables.
#pragma once

#include "analysis/study/study.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>

namespace expertscope {

QString countText(std::uint64_t count); ///< "3,402"
QString numberText(double value); ///< three significant digits, "1,230", "0.0042"; "–" when undefined
QString percentText(double share); ///< of a share in [0, 1]: "4.2 %"
QString siteText(const RoutingShape& shape, SiteIndex site); ///< "Layer 5", as the model says it
QString sequenceText(const RoutingShape& shape, SequenceIndex sequence); ///< its name; "sequence 3" where it has none
QString joinedReadout(const QStringList& parts); ///< with " · " between; empty parts are left out

/// A title in which `words` do not break: "Share in language=de / uniform" keeps "/ uniform" together.
QString unbroken(QString words);

/// A field of a table: nine digits; empty when undefined.
QByteArray csvNumber(double value);
QByteArray csvText(const std::string& text); ///< in quotes where it must
/// The fields "layer,site,", with the comma behind.
QByteArray csvPlace(const RoutingShape& shape, SiteIndex site);
/// "# expertscope 0.1.0, figure load", the traces with their uuids, which tokens, then `lines`, each behind a '#'.
QByteArray csvHead(const char* chart, const std::vector<QByteArray>& traces, const std::string& tokens,
    const std::vector<QString>& lines);
/// "trace.h5 uuid 5f0c3f0e-…": of a table's head; where the file lies does not change the table.
QByteArray csvTrace(const NamedTrace& trace);

}
