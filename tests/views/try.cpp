#include "tests/views/load_fixture.h"
#include <QApplication>
#include <QFile>
#include <QElapsedTimer>
#include <cstdio>
using namespace expertscope; using namespace expertscope::testing;
int main(int c,char**v){ QApplication a(c,v); 
 QElapsedTimer t; t.start();
 auto tr=loadTrace(); auto spec=loadSpec();
 auto put=[&](const Figure&f,const QString&n){ for(auto s:{".pdf",".svg",".png"}){ auto r=writeFigure(f,"/tmp/views/try/"+n+s,{}); if(!r) std::printf("%s\n", r.error().message().c_str()); } };
 put(loadFigure(*tr,spec),"load");
 spec.where={{"language","de"}}; spec.metric=LoadMetric::Ratio; put(loadFigure(*tr,spec),"de");
 spec.against=Against::All; spec.title="α² − β test"; put(loadFigure(*tr,spec),"deall");
 auto big=loadTrace(48,128,300); spec=loadSpec(); spec.widthMm=183; spec.sort=SortExperts::ByLoad; put(loadFigure(*big,spec),"big");
 auto huge=loadTrace(94,512,300); spec=loadSpec(); put(loadFigure(*huge,spec),"huge");
 std::printf("%lld ms\n", t.elapsed()); }
