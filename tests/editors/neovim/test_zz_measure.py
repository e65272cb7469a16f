import time, statistics, pytest, json
@pytest.mark.parametrize("debounce",[0,15])
@pytest.mark.parametrize("lines",[0,5000])
def test_m(start, debounce, lines):
    e = start("x = 1\n"*lines, debounce_ms=debounce)
    e.script("def add(a, b):\n    return a + b")
    e.start_measuring()
    ts=[];tt=[]; req=[]
    for i in range(62):
        e.type("<Esc>Go"); 
        e.until(lambda: e.lua("return vim.fn.mode()")=="i","insert")
        time.sleep(.06)
        n=len(e.events("request"))
        ts.append(e.measure_key("d"))
        tt.append(e.measure_key("e"))
        e.type("<Esc>dd")
    ts=ts[2:]; tt=tt[2:]
    q=lambda a,p: sorted(a)[int(len(a)*p)]
    with open("/tmp/measure.txt","a") as f: f.write(f"debounce {debounce} lines {lines}: key->ghost p50 {q(ts,.5):.2f} p95 {q(ts,.95):.2f} max {max(ts):.2f}; type-through p50 {q(tt,.5):.2f} p95 {q(tt,.95):.2f} max {max(tt):.2f}\n")
