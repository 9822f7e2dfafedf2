select customerid from headers except select customerid from details except from suppressed
