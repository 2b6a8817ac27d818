// SPDX-License-Identifier: GPL-3.0-or-later
#include "naive_prefetch.h"
#include <QTest>
class TestPredictors : public QObject
{
    Q_OBJECT
};
QTEST_APPLESS_MAIN(TestPredictors)
#include "tst_predictors.moc"
